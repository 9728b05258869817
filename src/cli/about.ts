import manifest from '../../package.json' with { type: 'json' };
import { supportedVersions } from '../cni/version.ts';

/** The text on stderr when the plugin is started without CNI_COMMAND, as from the reference plugins. */
export function about(): string {
  return `CNI vlan-bridge plugin v${manifest.version}
CNI protocol versions supported: ${supportedVersions.join(', ')}
This is a CNI plugin: a container runtime starts it with CNI_COMMAND set. "vlan-bridge --help" shows how to start it by hand.
`;
}

/** The output of `vlan-bridge --version`. */
export function version(): string {
  return `vlan-bridge ${manifest.version}\n`;
}

/** The output of `vlan-bridge --help`. */
export function help(): string {
  return `vlan-bridge ${manifest.version}: puts a pod on an 802.1Q VLAN through a VLAN-filtering Linux bridge (CNI plugin)

A container runtime runs it with these variables and the network configuration as JSON on stdin:

  CNI_COMMAND      ADD, DEL, CHECK, GC, STATUS or VERSION (GC and STATUS need "cniVersion": "1.1.0")
  CNI_CONTAINERID  the container's ID                                (ADD, DEL, CHECK)
  CNI_IFNAME       name of the interface in the container            (ADD, DEL, CHECK)
  CNI_NETNS        path of the container's network namespace         (ADD, CHECK)
  CNI_PATH         folders of other plugins, with ":" between them   (GC; ADD, DEL, CHECK, STATUS with an IPAM plugin)
  CNI_ARGS         IgnoreUnknown=1;IP=10.20.1.11/24;GATEWAY=10.20.1.1;MAC=02:00:00:00:00:01   (optional)

By hand, as root:

  ip netns add blue
  echo '{"cniVersion": "1.0.0", "name": "vlan-100", "type": "vlan-bridge", "bridge": "vlanbr0", "vlan": 100,
         "ipam": {"type": "static", "addresses": [{"address": "192.168.0.42/24"}]}}' > vlan-100.json
  CNI_COMMAND=ADD CNI_CONTAINERID=hand CNI_NETNS=/run/netns/blue CNI_IFNAME=net1 vlan-bridge < vlan-100.json
  bridge vlan show
  CNI_COMMAND=DEL CNI_CONTAINERID=hand CNI_NETNS=/run/netns/blue CNI_IFNAME=net1 vlan-bridge < vlan-100.json

With VLAN_BRIDGE_TRACE=1 the plugin prints the time of each operation on stderr. With VLAN_BRIDGE_TRACE=$EPOCHREALTIME
(bash) the times also include the start of the process.

The plugin prints the result, or an error with a code, as JSON on stdout. The exit code is 0 or 1.

Options, without CNI_COMMAND:
  --help     this text
  --version  the version
`;
}
