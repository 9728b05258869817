import { problemLine } from '../cni/json.ts';
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
import type { AssignedIp, IpamRoute } from './ipam.ts';

/** What no container can have, a line each: addresses that are no host's, duplicates, gateways that cannot be reached. */
export function addressProblems(
  ips: readonly AssignedIp[],
  requestedGateways: readonly Ip[],
): readonly string[] {
  const single = ips.flatMap((assigned) => [...hostProblems(assigned.cidr), ...gatewayProblems(assigned)]);
  const unused = requestedGateways
    .filter((gateway) => ips.every(({ cidr }) => !contains(cidr, gateway)))
    .map((gateway) =>
      problemLine(['CNI_ARGS', 'GATEWAY'], formatIp(gateway), 'is in the subnet of no address'),
    );
  return [
    ...single,
    ...duplicates(
      ips.map(({ cidr }) => formatIp(cidr.ip)),
      'address',
    ),
    ...unused,
  ];
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
  return [...single, ...duplicates(routes.map(describeRoute), 'ipam.routes')];
}

function describeRoute({ dst, gw, priority = 0, table = 0 }: IpamRoute): string {
  const via = gw === undefined ? '' : ` via ${formatIp(gw)}`;
  return `${formatCidr(maskCidr(dst))}${via}${table ? ` table ${table}` : ''}${priority ? ` metric ${priority}` : ''}`;
}

function hostProblems(cidr: Cidr): readonly string[] {
  const { ip, prefixLength } = cidr;
  const [first = 0] = ip.bytes;
  const problem = (what: string): readonly string[] => [problemLine(['address'], formatCidr(cidr), what)];
  if (ip.bytes.every((byte) => byte === 0)) return problem('is the unspecified address');
  if (ip.family === 6) return first === 0xff ? problem('is a multicast address') : [];
  if (first >= 224) return problem('is a multicast or reserved address');
  if (prefixLength >= 31) return [];
  if (sameIp(maskCidr(cidr).ip, ip)) return problem('is the address of its network, not of a host');
  return sameIp(broadcastOf(cidr), ip) ? problem('is the broadcast address of its subnet') : [];
}

function gatewayProblems({ cidr, gateway }: AssignedIp): readonly string[] {
  if (gateway === undefined) return [];
  const problem = (what: string): readonly string[] => [problemLine(['gateway'], formatIp(gateway), what)];
  const address = formatCidr(cidr);
  if (gateway.family !== cidr.ip.family) return problem(`is of another family than its address "${address}"`);
  if (sameIp(gateway, cidr.ip)) return problem('is the address of the container itself');
  // A host address has no subnet; its gateway is reached by a route of its own.
  const alone = cidr.prefixLength === cidr.ip.bytes.length * 8;
  return alone || contains(cidr, gateway) ? [] : problem(`is outside of the subnet of "${address}"`);
}

function duplicates(names: readonly string[], place: string): readonly string[] {
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(repeated)].map((name) => problemLine([place], name, 'is given more than once'));
}
