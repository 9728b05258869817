import type { AssignedIp, IpamResult, IpamRoute } from '../../ipam/ipam.ts';
import { implicitGateway } from '../../ipam/ipam.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { addAddress } from '../../rtnetlink/address.ts';
import { setLinkUp } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { addRoute, type LinkRoute } from '../../rtnetlink/route.ts';
import { RT_SCOPE_LINK, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN } from '../../rtnetlink/uapi.ts';
import { type Netns, withNetns } from '../../sys/netns.ts';
import { readSysctl, writeSysctl, writeSysctlIfPresent } from '../../sys/sysctl.ts';
import type { Rollback } from '../failure/rollback.ts';

/** The container's side of an attachment. */
export type ContainerLink = { readonly netns: Netns; readonly link: Link };

/**
 * Writes the sysctls that must precede the addresses and sets the container's link up, as `ip link set NAME up` does.
 * @param ips the addresses that the link will get; empty on layer 2
 * @param dad whether the kernel runs duplicate address detection for IPv6 addresses
 * @param rollback gets the reverse of each change that outlives the link
 */
export function startLink(
  socket: NetlinkSocket,
  { netns, link }: ContainerLink,
  { ips, dad, rollback }: { ips: readonly AssignedIp[]; dad: boolean; rollback: Rollback },
): void {
  if (hasFamily(ips, 6)) for (const name of ['lo', link.name]) enableIpv6(netns, name, rollback);
  if (ips.length > 0) withNetns(netns, () => prepareAddresses(link.name, ips, dad));
  socket.execute(setLinkUp(link, true));
}

/** Adds addresses and then routes to the container's link, as `ip address add` and `ip route add` do. The link must be up. @throws NetlinkError */
export function addAddressesAndRoutes(
  socket: NetlinkSocket,
  link: Link,
  { ips, routes }: Pick<IpamResult, 'ips' | 'routes'>,
): void {
  socket.batch([
    ...ips.map(({ cidr }) => addAddress(link, cidr)),
    ...routes.map((route) => addRoute(link, withDefaults(route, ips))),
  ]);
}

/** Fills in the attributes of a route that the configuration leaves out: gateway, scope, table and 0 for the kernel's default. */
export function withDefaults(route: IpamRoute, ips: readonly AssignedIp[]): Omit<LinkRoute, 'ifindex'> {
  const { family } = route.dst.ip;
  const onLink = route.scope !== undefined && route.scope >= RT_SCOPE_LINK;
  const gw = route.gw ?? (onLink ? undefined : implicitGateway(family, ips));
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

/**
 * @param dad whether the kernel probes IPv6 addresses for another owner before use, for one to two seconds. It is off by default: IPAM
 * hands out each address once, so the pod need not wait.
 */
function prepareAddresses(ifname: string, ips: readonly AssignedIp[], dad: boolean): void {
  if (dad) writeSysctlIfPresent(`net/ipv6/conf/${ifname}/enhanced_dad`, 1);
  writeSysctlIfPresent(`net/ipv6/conf/${ifname}/accept_dad`, dad ? 1 : 0);
  writeSysctl(`net/ipv4/conf/${ifname}/arp_notify`, 1);
  // The bridge floods every advertisement to all ports, and every link has a link-local address: advertise only where pods use IPv6.
  if (!hasFamily(ips, 6)) return;
  writeSysctl(`net/ipv6/conf/${ifname}/ndisc_notify`, 1);
  writeSysctl(`net/ipv6/conf/${ifname}/keep_addr_on_down`, 1);
}

function hasFamily(ips: readonly AssignedIp[], family: 4 | 6): boolean {
  return ips.some(({ cidr }) => cidr.ip.family === family);
}

/** Sets disable_ipv6 to 0. Some runtimes set it to 1 in network namespaces without an IPv6 address. */
function enableIpv6(netns: Netns, name: string, rollback: Rollback): void {
  const path = `net/ipv6/conf/${name}/disable_ipv6`;
  const before = withNetns(netns, () => readSysctl(path));
  if (before === '0') return;
  rollback.add(`write ${before} to /proc/sys/${path} again`, () =>
    withNetns(netns, () => writeSysctlIfPresent(path, before)),
  );
  withNetns(netns, () => writeSysctl(path, 0));
}
