import { isLinkOf, ownIps } from '../../cni/prev-result.ts';
import type { Interface, IpConfig, Result, Route } from '../../cni/result.ts';
import { type Cidr, formatCidr, formatIp, maskCidr, parseCidr, parseIp, sameIp } from '../../inet/cidr.ts';
import { formatMac, parseMac } from '../../inet/mac.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { type LinkAddress, listAddresses } from '../../rtnetlink/address.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { type LinkRoute, listRoutes } from '../../rtnetlink/route.ts';
import { RT_TABLE_MAIN, RT_TABLE_UNSPEC } from '../../rtnetlink/uapi.ts';
import type { NetConf } from '../config/netconf.ts';

/**
 * Compares the container's link, addresses and routes with the result. Returns one sentence for each difference. The result is that of
 * the whole chain: addresses and routes of other plugins, also on their own links, are no difference.
 */
export function checkContainer(
  socket: NetlinkSocket,
  link: Link,
  { conf, prevResult }: { conf: NetConf; prevResult: Result },
): readonly string[] {
  return [
    ...linkProblems(link, prevResult.interfaces, prevResult.interfaces.find(isLinkOf(link.name))),
    ...(link.up || conf.disableContainerInterface ? [] : [`link "${link.name}" is down`]),
    ...addressProblems(socket, link, ownIps(prevResult, link.name)),
    ...routeProblems(socket, prevResult.routes),
  ];
}

function linkProblems(
  link: Link,
  interfaces: readonly Interface[],
  own: Interface | undefined,
): readonly string[] {
  // Results of 0.2.0 and older have no interfaces.
  if (interfaces.length === 0) return [];
  if (own === undefined) return [`prevResult has no interface "${link.name}" in a sandbox`];
  const mac = parseMac(own.mac ?? '');
  if (mac === undefined || formatMac(mac) === link.mac) return [];
  return [`link "${link.name}" has the address ${link.mac}, not ${formatMac(mac)}`];
}

function addressProblems(socket: NetlinkSocket, link: Link, ips: readonly IpConfig[]): readonly string[] {
  if (ips.length === 0) return [];
  const present = new Map<string, LinkAddress>(
    socket.execute(listAddresses(link)).map((entry) => [formatCidr(entry.cidr), entry]),
  );
  return ips.flatMap(({ address }) => {
    const cidr = parseCidr(address);
    const found = cidr === undefined ? undefined : present.get(formatCidr(cidr));
    if (found === undefined) return [`link "${link.name}" does not have the address "${address}"`];
    return found.dadFailed
      ? [`address "${address}" is in use by another machine (duplicate address detection)`]
      : [];
  });
}

function routeProblems(socket: NetlinkSocket, routes: readonly Route[]): readonly string[] {
  const tables = new Map<string, readonly LinkRoute[]>();
  const present = (family: 4 | 6, table: number): readonly LinkRoute[] => {
    const key = `${family} ${table}`;
    const known = tables.get(key) ?? socket.find(listRoutes(family, table)) ?? [];
    tables.set(key, known);
    return known;
  };
  return routes.flatMap((route) => {
    const dst = parseCidr(route.dst);
    if (dst === undefined) return [`route "${route.dst}" of prevResult is not a destination`];
    const table = route.table || RT_TABLE_MAIN;
    const routesTo = (tableId: number): readonly LinkRoute[] =>
      present(dst.ip.family, tableId).filter((candidate) => leadsTo(candidate, dst, route.priority ?? 0));
    const same = routesTo(table);
    // A later plugin of the chain, such as "sbr", may have moved a route without a table key to another table: accept any table.
    const moved = same.length === 0 && !route.table ? routesTo(RT_TABLE_UNSPEC) : [];
    return routeProblem(route, table, [...same, ...moved]);
  });
}

function leadsTo(candidate: LinkRoute, dst: Cidr, priority: number): boolean {
  const network = maskCidr(dst);
  const sameDestination =
    candidate.dst.prefixLength === network.prefixLength && sameIp(candidate.dst.ip, network.ip);
  return sameDestination && (priority === 0 || candidate.priority === priority);
}

function routeProblem(
  { dst, gw, priority }: Route,
  table: number,
  same: readonly LinkRoute[],
): readonly string[] {
  const metric = priority ? ` with metric ${priority}` : '';
  const inTable = table === RT_TABLE_MAIN ? '' : ` in table ${table}`;
  if (same.length === 0) return [`there is no route to "${dst}"${metric}${inTable}`];
  const gateway = gw === undefined ? undefined : parseIp(gw);
  if (gateway === undefined || same.some((route) => route.gw !== undefined && sameIp(route.gw, gateway)))
    return [];
  const found = same.map((route) => (route.gw === undefined ? 'no gateway' : formatIp(route.gw)));
  return [
    `the route to "${dst}"${metric}${inTable} goes by ${found.join(', ')}, not by ${formatIp(gateway)}`,
  ];
}
