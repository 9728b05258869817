import { problemLine } from '../cni/schema.ts';
import {
  broadcastOf,
  type Cidr,
  contains,
  formatCidr,
  formatIp,
  type Ip,
  maskCidr,
  sameIp,
} from '../inet/cidr.ts';
import type { IpamRoute } from './ipam.ts';

/** Keys and indices from the top of the configuration, or `CNI_ARGS` and a key in it. */
export type Path = readonly PropertyKey[];

/** A gateway, and where it comes from. */
export type Gateway = { readonly ip: Ip; readonly path: Path };

/** An address for the container, and where it comes from. */
export type PlacedIp = { readonly cidr: Cidr; readonly path: Path; readonly gateway: Gateway | undefined };

/** What no container can have, a line each: addresses that are no host's, duplicates, gateways that cannot be reached. */
export function addressProblems(
  ips: readonly PlacedIp[],
  requestedGateways: readonly Ip[],
): readonly string[] {
  const single = ips.flatMap((placed) => [...hostProblems(placed), ...gatewayProblems(placed)]);
  const named = ips.map(({ cidr, path }) => ({ path, name: formatIp(cidr.ip) }));
  const unused = requestedGateways
    .filter((gateway) => ips.every(({ cidr }) => !contains(cidr, gateway)))
    .map((gateway) =>
      problemLine(['CNI_ARGS', 'GATEWAY'], formatIp(gateway), 'is in the subnet of no address'),
    );
  return [...single, ...duplicates(named), ...unused];
}

/** What the kernel would refuse or misunderstand in a route, a line each. */
export function routeProblems(routes: readonly IpamRoute[]): readonly string[] {
  const single = routes.flatMap(({ dst, gw }, index) => {
    const path = ['ipam', 'routes', index];
    if (gw !== undefined && gw.family !== dst.ip.family) {
      return [
        problemLine([...path, 'gw'], formatIp(gw), `must be an IPv${dst.ip.family} address, as dst is`),
      ];
    }
    const network = maskCidr(dst);
    // IPv6 routes with host bits are masked by the kernel and have always worked.
    if (dst.ip.family === 6 || sameIp(network.ip, dst.ip)) return [];
    return [
      problemLine(
        [...path, 'dst'],
        formatCidr(dst),
        `has host bits; the network is "${formatCidr(network)}"`,
      ),
    ];
  });
  const named = routes.map((route, index) => ({
    path: ['ipam', 'routes', index],
    name: describeRoute(route),
  }));
  return [...single, ...duplicates(named)];
}

function describeRoute({ dst, gw, priority = 0, table = 0 }: IpamRoute): string {
  const via = gw === undefined ? '' : ` via ${formatIp(gw)}`;
  return `${formatCidr(maskCidr(dst))}${via}${table ? ` table ${table}` : ''}${priority ? ` metric ${priority}` : ''}`;
}

function hostProblems({ cidr, path }: PlacedIp): readonly string[] {
  const { ip, prefixLength } = cidr;
  const [first = 0] = ip.bytes;
  const problem = (what: string): readonly string[] => [problemLine(path, formatCidr(cidr), what)];
  if (ip.bytes.every((byte) => byte === 0)) return problem('is the unspecified address');
  if (ip.family === 6) return first === 0xff ? problem('is a multicast address') : [];
  if (first >= 224) return problem('is a multicast or reserved address');
  if (prefixLength >= 31) return [];
  if (sameIp(maskCidr(cidr).ip, ip)) return problem('is the address of its network, not of a host');
  return sameIp(broadcastOf(cidr), ip) ? problem('is the broadcast address of its subnet') : [];
}

function gatewayProblems({ cidr, gateway }: PlacedIp): readonly string[] {
  if (gateway === undefined) return [];
  const { ip, path } = gateway;
  const problem = (what: string): readonly string[] => [problemLine(path, formatIp(ip), what)];
  const address = formatCidr(cidr);
  if (ip.family !== cidr.ip.family) return problem(`is of another family than its address "${address}"`);
  if (sameIp(ip, cidr.ip)) return problem('is the address of the container itself');
  // A host address has no subnet; its gateway is reached by a route of its own.
  const alone = cidr.prefixLength === cidr.ip.bytes.length * 8;
  return alone || contains(cidr, ip) ? [] : problem(`is outside of the subnet of "${address}"`);
}

function duplicates(entries: readonly { readonly path: Path; readonly name: string }[]): readonly string[] {
  const seen = new Set<string>();
  const isRepeated = (name: string): boolean => {
    if (seen.has(name)) return true;
    seen.add(name);
    return false;
  };
  return entries
    .filter(({ name }) => isRepeated(name))
    .map(({ name, path }) => problemLine(path, name, 'is given more than once'));
}
