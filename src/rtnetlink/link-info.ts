import { getU8, getU16, getU32 } from 'netlink/dist/structs.js';
import { formatMac } from '../inet/mac.ts';
import { type Attributes, readAttributes } from '../netlink/message.ts';
import type { PortFlags } from './bridge-port.ts';
import { afterStruct } from './message.ts';
import * as uapi from './uapi.ts';

/** The attributes of a link that this plugin reads (`ip -d -j link show`). */
export type Link = {
  readonly ifindex: number;
  readonly name: string;
  readonly up: boolean;
  readonly loopback: boolean;
  /** IFF_LOWER_UP: the link is up and has a carrier. The flag RUNNING may follow a second later. */
  readonly carrier: boolean;
  /** IFF_PROMISC: an administrator set the link promiscuous. False when only a program such as tcpdump did. */
  readonly promiscuous: boolean;
  /** Link-layer address in colon form; the empty string for a link without one. */
  readonly mac: string;
  readonly mtu: number;
  /** "bridge", "veth", ...; absent for physical links and the loopback link. */
  readonly kind: string | undefined;
  /** ifindex of the bridge, bond, team or VRF that the link belongs to. */
  readonly master: number | undefined;
  /** ifindex of a veth's peer, or of the lower link of a VLAN device, in the network namespace of that link. */
  readonly peerIfindex: number | undefined;
  /** Whether the link that `peerIfindex` names is in another network namespace. */
  readonly peerElsewhere: boolean;
  readonly alias: string | undefined;
  /** VID of a VLAN device (kind "vlan"); `peerIfindex` is its lower link. */
  readonly vlanDeviceVid: number | undefined;
  /** Present on bridges. */
  readonly bridgeSettings: BridgeSettings | undefined;
  /** STP state of a bridge port (BR_STATE_*). */
  readonly portState: number | undefined;
  /** Present on bridge ports. */
  readonly portFlags: PortFlags | undefined;
};

/** The settings of a bridge (`ip -d link show type bridge`). */
export type BridgeSettings = {
  /** `undefined`: this kernel cannot filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING is not set). */
  readonly vlanFiltering: boolean | undefined;
  /** The VID that the kernel gives to each port that joins, untagged; 0 = none. */
  readonly defaultPvid: number;
  readonly stp: boolean;
  /**
   * Forward delay of the spanning tree protocol, in hundredths of a second: the time of each of the states listening and
   * learning.
   */
  readonly forwardDelayCs: number;
};

/** Decodes a link from the body of an RTM_NEWLINK message. */
export function parseLink(body: Buffer): Link {
  const attributes = readAttributes(afterStruct(body, 16));
  const info = readAttributes(attributes.get(uapi.IFLA_LINKINFO) ?? NOTHING);
  const kind = textOf(info.get(uapi.IFLA_INFO_KIND));
  // Other masters (bond, VRF) have other attributes with the same numbers.
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

/** A kernel that cannot filter VLANs still reports IFLA_BR_VLAN_FILTERING as off, but has no IFLA_BR_VLAN_DEFAULT_PVID. */
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

/** A flag that the kernel does not support counts as off. */
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
