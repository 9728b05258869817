import { problemLine } from '../cni/json.ts';
import type { Request } from '../cni/request.ts';
import { convertibilityProblem } from '../cni/result.ts';
import { compareVersions } from '../cni/version.ts';
import type { NetConf } from './netconf.ts';

/** include/uapi/linux/if_ether.h: ETH_MIN_MTU */
const MIN_MTU = 68;
/** RFC 8200, section 5. */
const MIN_IPV6_MTU = 1280;

/** What the configuration asks for that cannot be had together, a line each. */
export function conflicts(conf: NetConf, request: Request): readonly string[] {
  return [...mtuProblems(conf), ...ipamProblems(conf, request)];
}

function mtuProblems({ mtu, ipam }: NetConf): readonly string[] {
  if (mtu === undefined) return [];
  if (mtu < MIN_MTU)
    return [problemLine(['mtu'], mtu, `must be 0 (the kernel's default) or at least ${MIN_MTU}`)];
  const hasIpv6 = ipam?.ips.some(({ cidr }) => cidr.ip.family === 6) ?? false;
  return hasIpv6 && mtu < MIN_IPV6_MTU
    ? [problemLine(['mtu'], mtu, `must be at least ${MIN_IPV6_MTU} for IPv6`)]
    : [];
}

function ipamProblems({ ipam, disableContainerInterface }: NetConf, request: Request): readonly string[] {
  if (ipam !== undefined && disableContainerInterface) {
    return [
      problemLine(
        ['disableContainerInterface'],
        true,
        'cannot go with ipam: a link that is down has no addresses',
      ),
    ];
  }
  if (request.verb !== 'ADD') return [];
  const hasAddress = ipam !== undefined && ipam.ips.length > 0;
  if (ipam !== undefined && !hasAddress)
    return [
      'ipam: no address: neither ipam.addresses nor args.cni.ips, runtimeConfig.ips or IP= in CNI_ARGS gives one',
    ];
  const unshown = convertibilityProblem({ hasAddress }, request.cniVersion);
  return unshown === undefined ? tooManyAddresses(ipam, request) : [unshown];
}

/** Up to 0.2.0 a result has room for one address of a family. */
function tooManyAddresses(ipam: NetConf['ipam'], { cniVersion }: Request): readonly string[] {
  if (compareVersions(cniVersion, '0.3.0') >= 0) return [];
  const families = (ipam?.ips ?? []).map(({ cidr }) => cidr.ip.family);
  const repeated = families.some((family, index) => families.indexOf(family) !== index);
  return repeated
    ? [`cniVersion ${cniVersion} cannot show more than one address of a family, 0.3.0 and newer can`]
    : [];
}
