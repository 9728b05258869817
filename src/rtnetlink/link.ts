import { getS32, putString, putU8, putU32 } from 'netlink/dist/structs.js';
import { attribute, type NetlinkMessage } from '../netlink/message.ts';
import { type Link, parseLink } from './link-info.ts';
import { change, linkInfo, linkMessage, list, single } from './message.ts';
import * as uapi from './uapi.ts';

/** Gets a link by name. `ip link show NAME`. ENODEV when no link has the name. */
export function getLink(name: string): NetlinkMessage<Link> {
  return single(`look up link "${name}"`, uapi.RTM_GETLINK, parseLink, [
    linkMessage(0),
    attribute(uapi.IFLA_EXT_MASK, putU32(uapi.RTEXT_FILTER_SKIP_STATS)),
    attribute(uapi.IFLA_IFNAME, putString(name)),
  ]);
}

/** Gets a link by ifindex. ENODEV when no link has the ifindex. */
export function getLinkByIndex(ifindex: number): NetlinkMessage<Link> {
  return single(`look up link ${ifindex}`, uapi.RTM_GETLINK, parseLink, [
    linkMessage(ifindex),
    attribute(uapi.IFLA_EXT_MASK, putU32(uapi.RTEXT_FILTER_SKIP_STATS)),
  ]);
}

/** Lists the ifindexes of the ports of a bridge. `ip link show master BRIDGE`. The kernel filters. */
export function listPorts(bridge: Pick<Link, 'name' | 'ifindex'>): NetlinkMessage<readonly number[]> {
  const ifindexes = (bodies: readonly Buffer[]): readonly number[] =>
    bodies.map((body) => getS32(body.subarray(4, 8)));
  return list(`list ports of bridge "${bridge.name}"`, uapi.RTM_GETLINK, ifindexes, [
    linkMessage(0),
    attribute(uapi.IFLA_MASTER, putU32(bridge.ifindex)),
    attribute(uapi.IFLA_EXT_MASK, putU32(uapi.RTEXT_FILTER_SKIP_STATS)),
  ]);
}

/** Lists the links of one kind in the network namespace. `ip link show type KIND`. The kernel filters. */
export function listLinks(kind: 'veth' | 'vlan'): NetlinkMessage<readonly Link[]> {
  return list(`list ${kind} links`, uapi.RTM_GETLINK, (bodies) => bodies.map(parseLink), [
    linkMessage(0),
    attribute(uapi.IFLA_LINKINFO, attribute(uapi.IFLA_INFO_KIND, Buffer.from(kind))),
    attribute(uapi.IFLA_EXT_MASK, putU32(uapi.RTEXT_FILTER_SKIP_STATS)),
  ]);
}

/** Sets the master of a link. `ip link set NAME master BRIDGE`, or `ip link set NAME nomaster` when `bridge` is `undefined`. */
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

/**
 * Sets the MTU in bytes. `ip link set NAME mtu MTU`. The kernel no longer adapts the MTU of such a bridge to its smallest
 * port.
 */
export function setMtu(link: Pick<Link, 'name' | 'ifindex'>, mtu: number): NetlinkMessage<void> {
  return change(`set MTU of link "${link.name}" to ${mtu}`, uapi.RTM_NEWLINK, 0, [
    linkMessage(link.ifindex),
    attribute(uapi.IFLA_MTU, putU32(mtu)),
  ]);
}

/** Sets a link up or down. `ip link set NAME up|down`. */
export function setLinkUp(link: Pick<Link, 'name' | 'ifindex'>, up: boolean): NetlinkMessage<void> {
  const operation = `set link "${link.name}" ${up ? 'up' : 'down'}`;
  return change(operation, uapi.RTM_NEWLINK, 0, [linkMessage(link.ifindex, { up })]);
}

/** Sets the alias, at most 255 bytes. `ip link set NAME alias TEXT`. The alias stays until the link is deleted. */
export function setAlias(link: Pick<Link, 'name' | 'ifindex'>, alias: string): NetlinkMessage<void> {
  return change(`set alias of link "${link.name}"`, uapi.RTM_NEWLINK, 0, [
    linkMessage(link.ifindex),
    attribute(uapi.IFLA_IFALIAS, Buffer.from(alias)),
  ]);
}

/**
 * Sets the link-layer address. `ip link set NAME address MAC`. The kernel no longer adapts the address of such a bridge to
 * its ports.
 */
export function setMac(link: Pick<Link, 'name' | 'ifindex'>, mac: Buffer): NetlinkMessage<void> {
  return change(`set address of link "${link.name}"`, uapi.RTM_NEWLINK, 0, [
    linkMessage(link.ifindex),
    attribute(uapi.IFLA_ADDRESS, mac),
  ]);
}

/** Sets IFF_PROMISC. `ip link set NAME promisc on|off`. Other programs may keep the link promiscuous after "off". */
export function setPromiscuous(link: Pick<Link, 'name' | 'ifindex'>, on: boolean): NetlinkMessage<void> {
  const message = linkMessage(link.ifindex);
  message.writeUInt32LE(on ? uapi.IFF_PROMISC : 0, 8);
  message.writeUInt32LE(uapi.IFF_PROMISC, 12);
  return change(`set link "${link.name}" promiscuous ${on ? 'on' : 'off'}`, uapi.RTM_NEWLINK, 0, [message]);
}

/** Switches VLAN filtering. `ip link set BRIDGE type bridge vlan_filtering 0|1`. */
export function setVlanFiltering(link: Pick<Link, 'name' | 'ifindex'>, on: boolean): NetlinkMessage<void> {
  const operation = `set vlan_filtering of bridge "${link.name}" to ${on ? 1 : 0}`;
  return change(operation, uapi.RTM_NEWLINK, 0, [
    linkMessage(link.ifindex),
    linkInfo('bridge', attribute(uapi.IFLA_BR_VLAN_FILTERING, putU8(on ? 1 : 0))),
  ]);
}

/** Deletes a link. `ip link del NAME`, but by ifindex: another link may have the name by now. Also deletes the peer of a veth. */
export function deleteLink(link: Pick<Link, 'name' | 'ifindex'>): NetlinkMessage<void> {
  return change(`delete link "${link.name}"`, uapi.RTM_DELLINK, 0, [linkMessage(link.ifindex)]);
}
