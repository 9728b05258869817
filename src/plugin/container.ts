import type { AssignedIp, IpamRoute } from '../ipam/ipam.ts';
import type { NetlinkRequest } from '../netlink/message.ts';
import type { NetlinkSocket } from '../netlink/socket.ts';
import { addAddress } from '../rtnetlink/address.ts';
import { type Link, setLinkUp } from '../rtnetlink/link.ts';
import { addRoute, type LinkRoute } from '../rtnetlink/route.ts';
import { RT_SCOPE_LINK, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN } from '../rtnetlink/uapi.ts';
import { type Netns, withNetns } from '../sys/netns.ts';
import { readSysctl, writeSysctl, writeSysctlIfPresent } from '../sys/sysctl.ts';
import type { Undo } from './undo.ts';

/** What the container's link is to get; `undo` takes the reverse of what does not go away with the link. */
export type Addressing = {
  readonly link: Link;
  readonly ips: readonly AssignedIp[];
  readonly routes: readonly IpamRoute[];
  readonly undo: Undo;
};

/**
 * Gives the container's link its addresses, sets it up and adds the routes.
 * @throws NetlinkError, SyscallError
 */
export function configureContainer(
  socket: NetlinkSocket,
  netns: Netns,
  { link, ips, routes, undo }: Addressing,
): void {
  if (ips.length > 0) withNetns(netns, () => prepareAddresses(link.name));
  if (ips.some(({ cidr }) => cidr.ip.family === 6)) {
    for (const name of ['lo', link.name]) enableIpv6(netns, name, undo);
    withNetns(netns, () => writeSysctl(`net/ipv6/conf/${link.name}/keep_addr_on_down`, 1));
  }
  const requests: NetlinkRequest<void>[] = ips.map(({ cidr }) => addAddress(link, cidr));
  requests.push(setLinkUp(link, true));
  for (const request of requests) socket.request(request);
  for (const route of routes) socket.request(addRoute(link, withDefaults(route, ips)));
}

/** A route as the kernel gets it: what the configuration left out is filled in. */
export function withDefaults(route: IpamRoute, ips: readonly AssignedIp[]): Omit<LinkRoute, 'ifindex'> {
  const { family } = route.dst.ip;
  const onLink = route.scope !== undefined && route.scope >= RT_SCOPE_LINK;
  const implicit = onLink ? undefined : ips.find(({ gateway }) => gateway?.family === family)?.gateway;
  const gw = route.gw ?? implicit;
  const usualScope = gw === undefined && family === 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  return {
    dst: route.dst,
    gw,
    scope: route.scope ?? usualScope,
    table: route.table || RT_TABLE_MAIN,
    priority: route.priority ?? 0,
    mtu: route.mtu ?? 0,
    advmss: route.advmss ?? 0,
  };
}

/** The settings that must be there before the first address or before the link comes up. */
function prepareAddresses(ifname: string): void {
  // IPAM owns the addresses, so waiting a second for duplicate address detection would only delay the pod.
  writeSysctlIfPresent(`net/ipv6/conf/${ifname}/accept_dad`, 0);
  writeSysctl(`net/ipv4/conf/${ifname}/arp_notify`, 1);
}

/** Runtimes switch IPv6 off in namespaces that have no IPv6 address of theirs. */
function enableIpv6(netns: Netns, name: string, undo: Undo): void {
  const path = `net/ipv6/conf/${name}/disable_ipv6`;
  const before = withNetns(netns, () => readSysctl(path));
  if (before === '0') return;
  undo.push(`write ${before} to /proc/sys/${path} again`, () =>
    withNetns(netns, () => writeSysctlIfPresent(path, before)),
  );
  withNetns(netns, () => writeSysctl(path, 0));
}
