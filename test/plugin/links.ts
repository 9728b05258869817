import type { Bridge } from '../../src/plugin/bridge/bridge.ts';
import type { NetConf } from '../../src/plugin/config/netconf.ts';
import { readNetConf } from '../../src/plugin/config/read.ts';
import { type HostEnd, hostEndOf } from '../../src/plugin/state/attachment.ts';
import { freshPortFlags } from '../../src/rtnetlink/bridge-port.ts';
import type { Link } from '../../src/rtnetlink/link-info.ts';
import { requestOf } from '../helpers/request-of.ts';

/** A link that is up, with carrier, `trunk0` with ifindex 5 unless something else is said. */
export function linkOf(more: Partial<Link> = {}): Link {
  return {
    ifindex: 5,
    name: 'trunk0',
    up: true,
    loopback: false,
    carrier: true,
    promiscuous: false,
    mac: '02:00:00:00:00:05',
    mtu: 1500,
    kind: undefined,
    master: undefined,
    peerIfindex: undefined,
    peerElsewhere: false,
    alias: undefined,
    vlanDeviceVid: undefined,
    bridgeSettings: undefined,
    portState: undefined,
    portFlags: undefined,
    ...more,
  };
}

const veth = linkOf({ kind: 'veth', mac: '02:00:00:00:00:01' });

/** The attachment of `requestOf`. */
export const hostEnd: HostEnd = hostEndOf(requestOf({}));

/** A bridge that filters VLANs. */
export const bridge: Bridge = {
  ...veth,
  ifindex: 2,
  name: 'vlanbr0',
  kind: 'bridge',
  bridgeSettings: { vlanFiltering: true, defaultPvid: 0, stp: false, forwardDelayCs: 0 },
};

/** The attachment's host end, as ADD leaves it, and the container's end. */
export const port: Link = {
  ...veth,
  ifindex: 5,
  name: hostEnd.hostName,
  alias: hostEnd.alias,
  master: bridge.ifindex,
  peerIfindex: 3,
  peerElsewhere: true,
  portState: 3,
  portFlags: freshPortFlags,
};
export const containerLink: Link = {
  ...veth,
  ifindex: 3,
  name: 'net1',
  mac: '02:00:00:00:00:11',
  peerIfindex: 5,
  peerElsewhere: true,
};

/** What the configuration with these keys says, of the bridge above. */
export function confOf(keys: object): NetConf {
  return readNetConf(requestOf({ bridge: bridge.name, ...keys }));
}
