import { getU8, getU16, getU32, putString, putU8, putU32 } from 'netlink/dist/structs.js';
import { formatMac } from '../inet/mac.ts';
import { attribute, type NetlinkRequest, readAttributes } from '../netlink/message.ts';
import { afterStruct, change, linkInfo, linkMessage, list, single } from './request.ts';
import * as uapi from './uapi.ts';

/** What we read of a link (`ip -d -j link show`). */
export type Link = {
  readonly ifindex: number;
  readonly name: string;
  readonly up: boolean;
  /** Colon form; the empty string for links without a link-layer address. */
  readonly mac: string;
  readonly mtu: number;
  /** "bridge", "veth", ...; absent for physical links and loopback. */
  readonly kind: string | undefined;
  /** ifindex of the bridge (or bond) that the link is a port of. */
  readonly master: number | undefined;
  /** ifindex of a veth's other end, counted in that end's network namespace. */
  readonly peerIfindex: number | undefined;
  readonly alias: string | undefined;
  /** Present on bridges. */
  readonly bridge: BridgeSettings | undefined;
  /** STP state of a bridge port (BR_STATE_*). */
  readonly portState: number | undefined;
};

export type BridgeSettings = {
  /** `undefined`: this kernel cannot filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING is not set). */
  readonly vlanFiltering: boolean | undefined;
  /** The VID that a port gets on joining, untagged; 0 = none. */
  readonly defaultPvid: number;
  readonly stp: boolean;
};

/** A link by name. `ip link show NAME`. The kernel answers ENODEV when there is none. */
export function getLink(name: string): NetlinkRequest<Link> {
  return single(`look up link "${name}"`, uapi.RTM_GETLINK, parseLink, [
    linkMessage(0),
    attribute(uapi.IFLA_EXT_MASK, putU32(uapi.RTEXT_FILTER_SKIP_STATS)),
    attribute(uapi.IFLA_IFNAME, putString(name)),
  ]);
}

/** A link by ifindex. */
export function getLinkByIndex(ifindex: number): NetlinkRequest<Link> {
  return single(`look up link ${ifindex}`, uapi.RTM_GETLINK, parseLink, [
    linkMessage(ifindex),
    attribute(uapi.IFLA_EXT_MASK, putU32(uapi.RTEXT_FILTER_SKIP_STATS)),
  ]);
}

/** The ifindexes of a bridge's ports. `ip link show master BRIDGE`; the kernel does the choosing. */
export function listPorts(bridge: Pick<Link, 'name' | 'ifindex'>): NetlinkRequest<readonly number[]> {
  const ifindexes = (bodies: readonly Buffer[]): readonly number[] =>
    bodies.map((body) => body.readInt32LE(4));
  return list(`list ports of bridge "${bridge.name}"`, uapi.RTM_GETLINK, ifindexes, [
    linkMessage(0),
    attribute(uapi.IFLA_MASTER, putU32(bridge.ifindex)),
    attribute(uapi.IFLA_EXT_MASK, putU32(uapi.RTEXT_FILTER_SKIP_STATS)),
  ]);
}

/** `ip link set NAME up` or `down`. */
export function setLinkUp(link: Pick<Link, 'name' | 'ifindex'>, up: boolean): NetlinkRequest<void> {
  const step = `set link "${link.name}" ${up ? 'up' : 'down'}`;
  return change(step, uapi.RTM_NEWLINK, 0, [linkMessage(link.ifindex, { up })]);
}

/** `ip link set NAME alias TEXT`; the alias is at most 255 bytes and stays until the link is deleted. */
export function setAlias(link: Pick<Link, 'name' | 'ifindex'>, alias: string): NetlinkRequest<void> {
  return change(`set alias of link "${link.name}"`, uapi.RTM_NEWLINK, 0, [
    linkMessage(link.ifindex),
    attribute(uapi.IFLA_IFALIAS, Buffer.from(alias)),
  ]);
}

/** `ip link set BRIDGE type bridge vlan_filtering 0|1`. */
export function setVlanFiltering(link: Pick<Link, 'name' | 'ifindex'>, on: boolean): NetlinkRequest<void> {
  const step = `set vlan_filtering of bridge "${link.name}" to ${on ? 1 : 0}`;
  return change(step, uapi.RTM_NEWLINK, 0, [
    linkMessage(link.ifindex),
    linkInfo('bridge', attribute(uapi.IFLA_BR_VLAN_FILTERING, putU8(on ? 1 : 0))),
  ]);
}

/** `ip link del NAME`, by ifindex so that a link that took the name meanwhile is spared. A veth takes its peer with it. */
export function deleteLink(link: Pick<Link, 'name' | 'ifindex'>): NetlinkRequest<void> {
  return change(`delete link "${link.name}"`, uapi.RTM_DELLINK, 0, [linkMessage(link.ifindex)]);
}

/** Reads a link from the body of an RTM_NEWLINK message. */
export function parseLink(body: Buffer): Link {
  const attributes = readAttributes(afterStruct(body, 16));
  const info = readAttributes(attributes.get(uapi.IFLA_LINKINFO) ?? NOTHING);
  const kind = textOf(info.get(uapi.IFLA_INFO_KIND));
  const portState = readAttributes(info.get(uapi.IFLA_INFO_SLAVE_DATA) ?? NOTHING).get(
    uapi.IFLA_BRPORT_STATE,
  );
  return {
    ifindex: body.readInt32LE(4),
    name: textOf(attributes.get(uapi.IFLA_IFNAME)) ?? '',
    up: (body.readUInt32LE(8) & uapi.IFF_UP) !== 0,
    mac: formatMac(attributes.get(uapi.IFLA_ADDRESS) ?? NOTHING),
    mtu: numberOf(attributes.get(uapi.IFLA_MTU)) ?? 0,
    kind,
    master: numberOf(attributes.get(uapi.IFLA_MASTER)),
    peerIfindex: numberOf(attributes.get(uapi.IFLA_LINK)),
    alias: textOf(attributes.get(uapi.IFLA_IFALIAS)),
    bridge: kind === 'bridge' ? parseBridge(info.get(uapi.IFLA_INFO_DATA) ?? NOTHING) : undefined,
    portState: portState === undefined ? undefined : getU8(portState),
  };
}

const NOTHING = Buffer.alloc(0);

/** Kernels that cannot filter VLANs still answer "off" for IFLA_BR_VLAN_FILTERING, but have no default PVID. */
function parseBridge(data: Buffer): BridgeSettings {
  const settings = readAttributes(data);
  const filtering = settings.get(uapi.IFLA_BR_VLAN_FILTERING);
  const defaultPvid = settings.get(uapi.IFLA_BR_VLAN_DEFAULT_PVID);
  return {
    vlanFiltering: filtering === undefined || defaultPvid === undefined ? undefined : getU8(filtering) !== 0,
    defaultPvid: defaultPvid === undefined ? 0 : getU16(defaultPvid),
    stp: (numberOf(settings.get(uapi.IFLA_BR_STP_STATE)) ?? 0) !== 0,
  };
}

function numberOf(value: Buffer | undefined): number | undefined {
  return value === undefined ? undefined : getU32(value);
}

function textOf(value: Buffer | undefined): string | undefined {
  return value?.toString('utf8').replace(/\0$/, '');
}
