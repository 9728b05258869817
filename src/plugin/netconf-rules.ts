import { problemLine } from '../cni/json.ts';
import type { Request } from '../cni/request.ts';
import { convertibilityProblem } from '../cni/result.ts';
import { compareVersions } from '../cni/version.ts';
import type { IpamResult } from '../ipam/ipam.ts';
import type { NetConf } from './netconf.ts';

/** RFC 8200, section 5. */
const MIN_IPV6_MTU = 1280;

/** What the configuration asks for that cannot be had together, a line each. */
export function conflicts({ mtu, ipam, disableContainerInterface }: NetConf): readonly string[] {
  const found: string[] = [];
  const hasIpv6 = ipam?.ips.some(({ cidr }) => cidr.ip.family === 6) ?? false;
  if (mtu !== undefined && mtu < MIN_IPV6_MTU && hasIpv6)
    found.push(problemLine(['mtu'], mtu, `must be at least ${MIN_IPV6_MTU} for IPv6`));
  if (ipam !== undefined && disableContainerInterface) {
    const problem = 'cannot go with ipam: a link that is down has no addresses';
    found.push(problemLine(['disableContainerInterface'], true, problem));
  }
  return found;
}

/** What IPAM does not give although the result of an ADD needs it, or gives too much of, a line each. */
export function lacks(ipam: IpamResult | undefined, { verb, cniVersion }: Request): readonly string[] {
  if (verb !== 'ADD') return [];
  const hasAddress = ipam !== undefined && ipam.ips.length > 0;
  if (ipam !== undefined && !hasAddress)
    return [
      'ipam: no address: neither ipam.addresses nor args.cni.ips, runtimeConfig.ips or IP= in CNI_ARGS gives one',
    ];
  const unshown = convertibilityProblem({ hasAddress }, cniVersion);
  return unshown === undefined ? tooManyAddresses(ipam, cniVersion) : [unshown];
}

/** Up to 0.2.0 a result has room for one address of a family. */
function tooManyAddresses(
  ipam: IpamResult | undefined,
  cniVersion: Request['cniVersion'],
): readonly string[] {
  if (compareVersions(cniVersion, '0.3.0') >= 0) return [];
  const families = (ipam?.ips ?? []).map(({ cidr }) => cidr.ip.family);
  const repeated = families.some((family, index) => families.indexOf(family) !== index);
  return repeated
    ? [`cniVersion ${cniVersion} cannot show more than one address of a family, 0.3.0 and newer can`]
    : [];
}
