import { getS32, putString, putU8, putU32 } from 'netlink/dist/structs.js';
import { attribute, type NetlinkMessage } from '../netlink/message.ts';
import { type Link, parseLink } from './link-info.ts';
import { change, linkInfo, linkMessage, list, single } from './message.ts';
import * as uapi from './uapi.ts';

/** A link by name. `ip link show NAME`. The kernel answers ENODEV when there is none. */
export function getLink(name: string): NetlinkMessage<Link> {
  return single(`look up link "${name}"`, uapi.RTM_GETLINK, parseLink, [
    linkMessage(0),
    attribute(uapi.IFLA_EXT_MASK, putU32(uapi.RTEXT_FILTER_SKIP_STATS)),
    attribute(uapi.IFLA_IFNAME, putString(name)),
  ]);
}

/** A link by ifindex. */
export function getLinkByIndex(ifindex: number): NetlinkMessage<Link> {
  return single(`look up link ${ifindex}`, uapi.RTM_GETLINK, parseLink, [
    linkMessage(ifindex),
    attribute(uapi.IFLA_EXT_MASK, putU32(uapi.RTEXT_FILTER_SKIP_STATS)),
  ]);
}

/** The ifindexes of a bridge's ports. `ip link show master BRIDGE`; the kernel does the choosing. */
export function listPorts(bridge: Pick<Link, 'name' | 'ifindex'>): NetlinkMessage<readonly number[]> {
  const ifindexes = (bodies: readonly Buffer[]): readonly number[] =>
    bodies.map((body) => getS32(body.subarray(4, 8)));
  return list(`list ports of bridge "${bridge.name}"`, uapi.RTM_GETLINK, ifindexes, [
    linkMessage(0),
    attribute(uapi.IFLA_MASTER, putU32(bridge.ifindex)),
    attribute(uapi.IFLA_EXT_MASK, putU32(uapi.RTEXT_FILTER_SKIP_STATS)),
  ]);
}

/** All links of one kind in the network namespace. `ip link show type KIND`; the kernel does the choosing. */
export function listLinks(kind: 'veth' | 'vlan'): NetlinkMessage<readonly Link[]> {
  return list(`list ${kind} links`, uapi.RTM_GETLINK, (bodies) => bodies.map(parseLink), [
    linkMessage(0),
    attribute(uapi.IFLA_LINKINFO, attribute(uapi.IFLA_INFO_KIND, Buffer.from(kind))),
    attribute(uapi.IFLA_EXT_MASK, putU32(uapi.RTEXT_FILTER_SKIP_STATS)),
  ]);
}

/** `ip link set NAME master BRIDGE`; `undefined`: `ip link set NAME nomaster`. */
export function setMaster(
  link: Pick<Link, 'name' | 'ifindex'>,
  bridge: Pick<Link, 'name' | 'ifindex'> | undefined,
): NetlinkMessage<void> {
  const operation =
    bridge === undefined
      ? `take link "${link.name}" out of its bridge`
      : `put link "${link.name}" into bridge "${bridge.name}"`;
  return change(operation, uapi.RTM_NEWLINK, 0, [
    linkMessage(link.ifindex),
    attribute(uapi.IFLA_MASTER, putU32(bridge?.ifindex ?? 0)),
  ]);
}

/** `ip link set NAME mtu MTU`. A bridge whose MTU was set no longer follows the smallest of its ports. */
export function setMtu(link: Pick<Link, 'name' | 'ifindex'>, mtu: number): NetlinkMessage<void> {
  return change(`set MTU of link "${link.name}" to ${mtu}`, uapi.RTM_NEWLINK, 0, [
    linkMessage(link.ifindex),
    attribute(uapi.IFLA_MTU, putU32(mtu)),
  ]);
}

/** `ip link set NAME up` or `down`. */
export function setLinkUp(link: Pick<Link, 'name' | 'ifindex'>, up: boolean): NetlinkMessage<void> {
  const operation = `set link "${link.name}" ${up ? 'up' : 'down'}`;
  return change(operation, uapi.RTM_NEWLINK, 0, [linkMessage(link.ifindex, { up })]);
}

/** `ip link set NAME alias TEXT`; the alias is at most 255 bytes and stays until the link is deleted. */
export function setAlias(link: Pick<Link, 'name' | 'ifindex'>, alias: string): NetlinkMessage<void> {
  return change(`set alias of link "${link.name}"`, uapi.RTM_NEWLINK, 0, [
    linkMessage(link.ifindex),
    attribute(uapi.IFLA_IFALIAS, Buffer.from(alias)),
  ]);
}

/** `ip link set NAME address MAC`. A bridge whose address was set keeps it, whatever ports come and go. */
export function setMac(link: Pick<Link, 'name' | 'ifindex'>, mac: Buffer): NetlinkMessage<void> {
  return change(`set address of link "${link.name}"`, uapi.RTM_NEWLINK, 0, [
    linkMessage(link.ifindex),
    attribute(uapi.IFLA_ADDRESS, mac),
  ]);
}

/** `ip link set NAME promisc on|off`: one request of an administrator, whatever else wants the link promiscuous. */
export function setPromiscuous(link: Pick<Link, 'name' | 'ifindex'>, on: boolean): NetlinkMessage<void> {
  const message = linkMessage(link.ifindex);
  message.writeUInt32LE(on ? uapi.IFF_PROMISC : 0, 8);
  message.writeUInt32LE(uapi.IFF_PROMISC, 12);
  return change(`set link "${link.name}" promiscuous ${on ? 'on' : 'off'}`, uapi.RTM_NEWLINK, 0, [message]);
}

/** `ip link set BRIDGE type bridge vlan_filtering 0|1`. */
export function setVlanFiltering(link: Pick<Link, 'name' | 'ifindex'>, on: boolean): NetlinkMessage<void> {
  const operation = `set vlan_filtering of bridge "${link.name}" to ${on ? 1 : 0}`;
  return change(operation, uapi.RTM_NEWLINK, 0, [
    linkMessage(link.ifindex),
    linkInfo('bridge', attribute(uapi.IFLA_BR_VLAN_FILTERING, putU8(on ? 1 : 0))),
  ]);
}

/** `ip link del NAME`, by ifindex so that a link that took the name meanwhile is spared. A veth takes its peer with it. */
export function deleteLink(link: Pick<Link, 'name' | 'ifindex'>): NetlinkMessage<void> {
  return change(`delete link "${link.name}"`, uapi.RTM_DELLINK, 0, [linkMessage(link.ifindex)]);
}
