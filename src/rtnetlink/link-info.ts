import { getU8, getU16, getU32 } from 'netlink/dist/structs.js';
import { formatMac } from '../inet/mac.ts';
import { type Attributes, readAttributes } from '../netlink/message.ts';
import type { PortFlags } from './bridge-port.ts';
import { afterStruct } from './message.ts';
import * as uapi from './uapi.ts';

/** What we read of a link (`ip -d -j link show`). */
export type Link = {
  readonly ifindex: number;
  readonly name: string;
  readonly up: boolean;
  readonly loopback: boolean;
  /** Up, with the other end of the cable there: LOWER_UP, which RUNNING may follow a second late. */
  readonly carrier: boolean;
  /** Set so by an administrator; not while only a program such as tcpdump wants it. */
  readonly promiscuous: boolean;
  /** Colon form; the empty string for links without a link-layer address. */
  readonly mac: string;
  readonly mtu: number;
  /** "bridge", "veth", ...; absent for physical links and loopback. */
  readonly kind: string | undefined;
  /** ifindex of the bridge (or bond) that the link is a port of. */
  readonly master: number | undefined;
  /** ifindex of a veth's other end, or of the link that a VLAN device stands on, counted in that link's network namespace. */
  readonly peerIfindex: number | undefined;
  /** Whether the link that `peerIfindex` names is in another network namespace. */
  readonly peerElsewhere: boolean;
  readonly alias: string | undefined;
  /** VID of a VLAN device (kind "vlan"), which stands on the link `peerIfindex`. */
  readonly vlanDeviceVid: number | undefined;
  /** Present on bridges. */
  readonly bridgeSettings: BridgeSettings | undefined;
  /** STP state of a bridge port (BR_STATE_*). */
  readonly portState: number | undefined;
  /** Present on bridge ports. */
  readonly portFlags: PortFlags | undefined;
};

export type BridgeSettings = {
  /** `undefined`: this kernel cannot filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING is not set). */
  readonly vlanFiltering: boolean | undefined;
  /** The VID that a port gets on joining, untagged; 0 = none. */
  readonly defaultPvid: number;
  readonly stp: boolean;
  /** How long a port listens, and again learns, under the spanning tree protocol, in hundredths of a second. */
  readonly forwardDelayCs: number;
};

/** Reads a link from the body of an RTM_NEWLINK message. */
export function parseLink(body: Buffer): Link {
  const attributes = readAttributes(afterStruct(body, 16));
  const info = readAttributes(attributes.get(uapi.IFLA_LINKINFO) ?? NOTHING);
  const kind = textOf(info.get(uapi.IFLA_INFO_KIND));
  // Other masters (bond, VRF) number what they say about a port in their own way.
  const inBridge = textOf(info.get(uapi.IFLA_INFO_SLAVE_KIND)) === 'bridge';
  const port = readAttributes((inBridge ? info.get(uapi.IFLA_INFO_SLAVE_DATA) : undefined) ?? NOTHING);
  const portState = port.get(uapi.IFLA_BRPORT_STATE);
  return {
    ifindex: body.readInt32LE(4),
    name: textOf(attributes.get(uapi.IFLA_IFNAME)) ?? '',
    up: (body.readUInt32LE(8) & uapi.IFF_UP) !== 0,
    loopback: (body.readUInt32LE(8) & uapi.IFF_LOOPBACK) !== 0,
    carrier: (body.readUInt32LE(8) & uapi.IFF_LOWER_UP) !== 0,
    promiscuous: (body.readUInt32LE(8) & uapi.IFF_PROMISC) !== 0,
    mac: formatMac(attributes.get(uapi.IFLA_ADDRESS) ?? NOTHING),
    mtu: numberOf(attributes.get(uapi.IFLA_MTU)) ?? 0,
    kind,
    master: numberOf(attributes.get(uapi.IFLA_MASTER)),
    peerIfindex: numberOf(attributes.get(uapi.IFLA_LINK)),
    peerElsewhere: attributes.get(uapi.IFLA_LINK_NETNSID) !== undefined,
    alias: textOf(attributes.get(uapi.IFLA_IFALIAS)),
    vlanDeviceVid: kind === 'vlan' ? parseVid(info.get(uapi.IFLA_INFO_DATA) ?? NOTHING) : undefined,
    bridgeSettings: kind === 'bridge' ? parseBridge(info.get(uapi.IFLA_INFO_DATA) ?? NOTHING) : undefined,
    portState: portState === undefined ? undefined : getU8(portState),
    portFlags: portState === undefined ? undefined : parsePortFlags(port),
  };
}

const NOTHING = Buffer.alloc(0);

function parseVid(data: Buffer): number | undefined {
  const vid = readAttributes(data).get(uapi.IFLA_VLAN_ID);
  return vid === undefined ? undefined : getU16(vid);
}

/** Kernels that cannot filter VLANs still answer "off" for IFLA_BR_VLAN_FILTERING, but have no default PVID. */
function parseBridge(data: Buffer): BridgeSettings {
  const settings = readAttributes(data);
  const filtering = settings.get(uapi.IFLA_BR_VLAN_FILTERING);
  const defaultPvid = settings.get(uapi.IFLA_BR_VLAN_DEFAULT_PVID);
  return {
    vlanFiltering: filtering === undefined || defaultPvid === undefined ? undefined : getU8(filtering) !== 0,
    defaultPvid: defaultPvid === undefined ? 0 : getU16(defaultPvid),
    forwardDelayCs: numberOf(settings.get(uapi.IFLA_BR_FORWARD_DELAY)) ?? 0,
    stp: (numberOf(settings.get(uapi.IFLA_BR_STP_STATE)) ?? 0) !== 0,
  };
}

/** A flag that this kernel does not have is off. */
function parsePortFlags(port: Attributes): PortFlags {
  const isOn = (type: number): boolean => {
    const flag = port.get(type);
    return flag !== undefined && getU8(flag) === 1;
  };
  return {
    hairpin: isOn(uapi.IFLA_BRPORT_MODE),
    isolated: isOn(uapi.IFLA_BRPORT_ISOLATED),
    learning: isOn(uapi.IFLA_BRPORT_LEARNING),
    locked: isOn(uapi.IFLA_BRPORT_LOCKED),
  };
}

function numberOf(value: Buffer | undefined): number | undefined {
  return value === undefined ? undefined : getU32(value);
}

function textOf(value: Buffer | undefined): string | undefined {
  return value?.toString('utf8').replace(/\0$/, '');
}
