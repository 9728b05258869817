import type { AssignedIp, IpamRoute } from '../ipam/ipam.ts';
import type { NetlinkRequest } from '../netlink/message.ts';
import type { NetlinkSocket } from '../netlink/socket.ts';
import { addAddress } from '../rtnetlink/address.ts';
import { type Link, setLinkUp } from '../rtnetlink/link.ts';
import { addRoute, type LinkRoute } from '../rtnetlink/route.ts';
import { RT_SCOPE_LINK, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN } from '../rtnetlink/uapi.ts';
import { type Netns, withNetns } from '../sys/netns.ts';
import { readSysctl, writeSysctl, writeSysctlIfPresent } from '../sys/sysctl.ts';

/**
 * Gives the container's link its addresses, sets it up and adds the routes.
 * @throws NetlinkError, SyscallError
 */
export function configureContainer(
  socket: NetlinkSocket,
  netns: Netns,
  { link, ips, routes }: { link: Link; ips: readonly AssignedIp[]; routes: readonly IpamRoute[] },
): void {
  if (ips.length > 0) withNetns(netns, () => prepareAddresses(link.name, ips));
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
function prepareAddresses(ifname: string, ips: readonly AssignedIp[]): void {
  // IPAM owns the addresses, so waiting a second for duplicate address detection would only delay the pod.
  writeSysctlIfPresent(`net/ipv6/conf/${ifname}/accept_dad`, 0);
  writeSysctl(`net/ipv4/conf/${ifname}/arp_notify`, 1);
  if (ips.every(({ cidr }) => cidr.ip.family === 4)) return;
  for (const name of ['lo', ifname]) {
    const path = `net/ipv6/conf/${name}/disable_ipv6`;
    if (readSysctl(path) !== '0') writeSysctl(path, 0);
  }
  writeSysctl(`net/ipv6/conf/${ifname}/keep_addr_on_down`, 1);
}
