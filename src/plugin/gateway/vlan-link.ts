import { CniError, errorCode } from '../../cni/error.ts';
import { randomMac } from '../../inet/mac.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { listVlans } from '../../rtnetlink/bridge-vlan.ts';
import { deleteLink, getLink, getLinkByIndex, setAlias, setLinkUp } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { createVeth } from '../../rtnetlink/new-link.ts';
import { randomBytes } from '../../sys/random.ts';
import { sha256 } from '../../sys/sha256.ts';
import { type Bridge, ignoreRouterAdvertisements } from '../bridge/bridge.ts';
import { setVlans } from '../bridge/port-vlans.ts';
import { revertUnlessInUse } from '../bridge/revert.ts';
import { vlanGatewayName } from '../config/netconf.ts';
import type { Rollback } from '../failure/rollback.ts';
import type { RunDirectory } from '../state/run-directory.ts';
import { portVlans } from '../vlan/port-vlans.ts';

/** What the gateway link of a VLAN is made for. */
export type VlanGatewayPlace = {
  readonly vlan: number;
  /** ifindex of the port of this ADD. */
  readonly port: number;
  readonly run: RunDirectory;
  readonly rollback: Rollback;
};

/** The gateway link of the VLAN, when it is there and works. */
export function findVlanGateway(host: NetlinkSocket, bridge: Bridge, vlan: number): Link | undefined {
  const link = host.find(getLink(vlanGatewayName(bridge.name, vlan)));
  return link === undefined || vlanGatewayProblem(host, bridge, link, vlan) !== undefined ? undefined : link;
}

/**
 * The gateway link of the VLAN, up; made when missing, and then left for the pods to come. To be called under the bridge's
 * exclusive lock.
 * @throws CniError 101 when a link has that name and is something else
 */
export function ensureVlanGateway(host: NetlinkSocket, bridge: Bridge, place: VlanGatewayPlace): Link {
  const name = vlanGatewayName(bridge.name, place.vlan);
  const found = host.find(getLink(name));
  if (found === undefined) return create(host, bridge, name, place);
  const problem = vlanGatewayProblem(host, bridge, found, place.vlan);
  if (problem === undefined) return found;
  const own = host.find(getLink(gatewayPortName(name)));
  if (own === undefined || !isPair(own, found)) {
    throw new CniError(
      errorCode.bridgeUnusable,
      `"${name}" exists but ${problem}, so it cannot be the gateway of VLAN ${place.vlan}; delete or rename it`,
    );
  }
  // Half made by a process that was killed, or taken apart since.
  if (own.master === bridge.ifindex)
    return complete(host, bridge, { name, gatewayPort: own, vlan: place.vlan });
  host.find(deleteLink(own));
  return create(host, bridge, name, place);
}

/** Indexes of other network namespaces may be the same: each must know the other. */
function isPair(a: Link, b: Link): boolean {
  return a.peerIfindex === b.ifindex && b.peerIfindex === a.ifindex;
}

/** Why the link does not work as the gateway of the VLAN, in words; `undefined` when it does. */
export function vlanGatewayProblem(
  host: NetlinkSocket,
  bridge: Bridge,
  link: Link,
  vlan: number,
): string | undefined {
  if (link.kind !== 'veth' || link.peerIfindex === undefined) return `is a ${link.kind ?? 'physical'} link`;
  const port = host.find(getLinkByIndex(link.peerIfindex));
  if (port === undefined || !isPair(port, link) || port.master !== bridge.ifindex)
    return `is no veth into bridge "${bridge.name}"`;
  const entry = host.execute(listVlans(port)).find(({ vid, endVid }) => vid <= vlan && vlan <= endVid);
  if (entry?.pvid !== true || !entry.untagged) return `is not on VLAN ${vlan} untagged`;
  return link.up && port.up ? undefined : 'is down';
}

function create(
  host: NetlinkSocket,
  bridge: Bridge,
  name: string,
  { vlan, port, run, rollback }: VlanGatewayPlace,
): Link {
  const portName = gatewayPortName(name);
  // Before the request: where its answer is lost nobody knows whether there is a link.
  rollback.add(`delete link "${name}"`, () => {
    const made = host.find(getLink(portName));
    if (made?.master !== bridge.ifindex) return;
    const known = [port, made.ifindex];
    revertUnlessInUse(host, { run, bridge, known, revert: () => host.find(deleteLink(made)) });
  });
  host.execute(
    createVeth({
      hostName: portName,
      hostMac: randomMac(randomBytes(6)),
      master: bridge.ifindex,
      containerName: name,
      containerMac: randomMac(randomBytes(6)),
      mtu: bridge.mtu,
      netnsFd: undefined,
    }),
  );
  const gatewayPort = host.execute(getLink(portName));
  return complete(host, bridge, { name, gatewayPort, vlan });
}

/** The steps after the links have been made; each may have been taken before. */
function complete(
  host: NetlinkSocket,
  bridge: Bridge,
  { name, gatewayPort, vlan }: { name: string; gatewayPort: Link; vlan: number },
): Link {
  host.execute(setAlias(gatewayPort, `vlan-bridge: port of gateway ${name}`));
  for (const ifname of [gatewayPort.name, name]) ignoreRouterAdvertisements(ifname);
  const { defaultPvid } = bridge.bridgeSettings;
  const wanted = portVlans({ vlan, vlanTrunk: [], preserveDefaultVlan: false }, defaultPvid);
  setVlans(host, gatewayPort, { wanted, defaultPvid });
  host.execute(setLinkUp(gatewayPort, true));
  host.execute(setLinkUp(host.execute(getLink(name)), true));
  return host.execute(getLink(name));
}

/** The same for the same gateway, so that a half-made one is seen as such. */
function gatewayPortName(name: string): string {
  return `vethg${sha256(Buffer.from(name)).toString('hex').slice(0, 10)}`;
}
