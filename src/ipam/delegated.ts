import { requirePlugin, runDelegate, runNewVerb } from '../cni/delegate.ts';
import { CniError, errorCode } from '../cni/error.ts';
import type { Request } from '../cni/request.ts';
import type { Result } from '../cni/result.ts';
import { problemLine } from '../cni/schema.ts';
import { type Cidr, type Ip, parseCidr, parseIp } from '../inet/cidr.ts';
import type { Ipam, IpamResult } from './ipam.ts';

/** IPAM by another executable of CNI_PATH: host-local, dhcp, whereabouts, ... Its errors pass through as they are. */
export function delegatedIpam(type: string, request: Request): Ipam {
  return {
    type,
    staticResult: undefined,
    usesLink: type === 'dhcp',
    requirePlugin: () => void requirePlugin(type, request),
    add: () => readResult(type, runDelegate(type, request, 'ADD')),
    del: () => void runDelegate(type, request, 'DEL'),
    check: () => {
      runDelegate(type, request, 'CHECK');
      return [];
    },
    gc: () => runNewVerb(type, request, 'GC'),
    status: () => runNewVerb(type, request, 'STATUS'),
  };
}

/** @throws CniError 6 when the result holds what is no address, or no address at all */
function readResult(type: string, result: Result | undefined): IpamResult {
  const { ips = [], routes = [], dns = {} } = result ?? {};
  const problems: string[] = [];
  const cidr = (path: readonly (string | number)[], value: string): readonly Cidr[] => {
    const parsed = parseCidr(value);
    if (parsed === undefined)
      problems.push(problemLine(path, value, 'is not an address with its prefix length'));
    return parsed === undefined ? [] : [parsed];
  };
  const ip = (path: readonly (string | number)[], value: string | undefined): Ip | undefined => {
    const parsed = value ? parseIp(value) : undefined;
    if (value && parsed === undefined) problems.push(problemLine(path, value, 'is not an IP address'));
    return parsed;
  };
  const read: IpamResult = {
    ips: ips.flatMap(({ address, gateway }, index) =>
      cidr(['ips', index, 'address'], address).map((found) => ({
        cidr: found,
        gateway: ip(['ips', index, 'gateway'], gateway),
      })),
    ),
    routes: routes.flatMap(({ dst, gw, ...attributes }, index) =>
      cidr(['routes', index, 'dst'], dst).map((found) => ({
        ...attributes,
        dst: found,
        gw: ip(['routes', index, 'gw'], gw),
      })),
    ),
    dns,
  };
  if (ips.length === 0) problems.push('it has no address');
  if (problems.length === 0) return read;
  throw new CniError(
    errorCode.decodingFailure,
    `the result of IPAM plugin "${type}" cannot be used: ${problems.join('; ')}`,
  );
}
