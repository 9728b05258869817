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

/** Keys and indices from the top of the configuration, or `CNI_ARGS` and one of its keys. */
export type Path = readonly PropertyKey[];

/** A gateway with the path of its value. */
export type Gateway = { readonly ip: Ip; readonly path: Path };

/** An address for the container with the path of its value. */
export type IpWithPath = { readonly cidr: Cidr; readonly path: Path; readonly gateway: Gateway | undefined };

/**
 * Checks addresses and gateways: not a host address, a duplicate, a gateway out of reach, a requested gateway without an address.
 * Returns one line for each problem.
 */
export function addressProblems(
  ips: readonly IpWithPath[],
  requestedGateways: readonly Ip[],
): readonly string[] {
  const single = ips.flatMap((ip) => [...hostProblems(ip), ...gatewayProblems(ip)]);
  const named = ips.map(({ cidr, path }) => ({ path, name: formatIp(cidr.ip) }));
  const unused = requestedGateways
    .filter((gateway) => ips.every(({ cidr }) => !contains(cidr, gateway)))
    .map((gateway) =>
      problemLine(['CNI_ARGS', 'GATEWAY'], formatIp(gateway), 'is in the subnet of no address'),
    );
  return [...single, ...duplicates(named), ...unused];
}

/** Checks routes for values that the kernel would refuse or take for something else. Returns one line for each problem. */
export function routeProblems(routes: readonly IpamRoute[]): readonly string[] {
  const single = routes.flatMap(({ dst, gw }, index) => {
    const path = ['ipam', 'routes', index];
    if (gw !== undefined && gw.family !== dst.ip.family) {
      return [
        problemLine([...path, 'gw'], formatIp(gw), `must be an IPv${dst.ip.family} address, as dst is`),
      ];
    }
    const network = maskCidr(dst);
    // The kernel masks the host bits of IPv6 routes, so existing configurations may have them.
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

function hostProblems({ cidr, path }: IpWithPath): readonly string[] {
  const { ip, prefixLength } = cidr;
  const [first = 0] = ip.bytes;
  const problem = (words: string): readonly string[] => [problemLine(path, formatCidr(cidr), words)];
  if (ip.bytes.every((byte) => byte === 0)) return problem('is the unspecified address');
  if (ip.family === 6) return first === 0xff ? problem('is a multicast address') : [];
  if (first >= 224) return problem('is a multicast or reserved address');
  if (prefixLength >= 31) return [];
  if (sameIp(maskCidr(cidr).ip, ip)) return problem('is the address of its network, not of a host');
  return sameIp(broadcastOf(cidr), ip) ? problem('is the broadcast address of its subnet') : [];
}

function gatewayProblems({ cidr, gateway }: IpWithPath): readonly string[] {
  if (gateway === undefined) return [];
  const { ip, path } = gateway;
  const problem = (words: string): readonly string[] => [problemLine(path, formatIp(ip), words)];
  const address = formatCidr(cidr);
  if (ip.family !== cidr.ip.family) return problem(`is of another family than its address "${address}"`);
  if (sameIp(ip, cidr.ip)) return problem('is the address of the container itself');
  // An address with the full prefix length has no subnet. Its gateway needs a route of its own.
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
