import type { Request } from '../../cni/request.ts';
import { resultFormatProblem } from '../../cni/result.ts';
import { problemLine } from '../../cni/schema.ts';
import { compareVersions } from '../../cni/version.ts';
import type { Ipam, IpamResult } from '../../ipam/ipam.ts';
import { wantsVlans } from '../vlan/port-vlans.ts';
import { formatRanges, vidRanges, vidSet } from '../vlan/vid-range.ts';
import type { NetConf } from './netconf.ts';
import { vlanGatewayName } from './netconf.ts';

/** RFC 8200, section 5. */
const MIN_IPV6_MTU = 1280;

/** Longest name of a link, in bytes (include/uapi/linux/if.h: IFNAMSIZ is 16 with the closing zero byte). */
const LONGEST_NAME = 15;

/** Checks keys that exclude each other or depend on each other. Returns one line for each problem. */
export function combinationProblems(conf: NetConf): readonly string[] {
  const { mtu, ipam, hairpinMode, promiscMode } = conf;
  const hasIpv6 = ipam?.staticResult?.ips.some(({ cidr }) => cidr.ip.family === 6) ?? false;
  const found = [
    mtu !== undefined && mtu < MIN_IPV6_MTU && hasIpv6
      ? problemLine(['mtu'], mtu, `must be at least ${MIN_IPV6_MTU} for IPv6`)
      : '',
    ipam !== undefined && conf.disableContainerInterface
      ? problemLine(
          ['disableContainerInterface'],
          true,
          'cannot go with ipam: a link that is down has no addresses',
        )
      : '',
    hairpinMode && promiscMode
      ? problemLine(
          ['hairpinMode'],
          true,
          'cannot go with promiscMode: frames would come back to their sender twice',
        )
      : '',
    gatewayNameProblem(conf),
    openTrunkProblem(conf),
    uplinkVidsProblem(conf),
  ];
  return found.filter((problem) => problem !== '');
}

function gatewayNameProblem({ bridge, vlan, isGateway, ipam }: NetConf): string {
  const name = vlanGatewayName(bridge, vlan);
  if (vlan === 0 || !isGateway || ipam === undefined || Buffer.byteLength(name) <= LONGEST_NAME) return '';
  const problem = `is too long a name: the gateway link of VLAN ${vlan} would be "${name}", and ${LONGEST_NAME} bytes are the limit`;
  return problemLine(['bridge'], bridge, problem);
}

/** Without a VLAN the pod would receive every frame of the uplink. ADD would also create a bridge that cannot filter VLANs for other pods. */
function openTrunkProblem(conf: NetConf): string {
  if (conf.uplink === undefined || wantsVlans(conf)) return '';
  return problemLine(
    ['uplink'],
    conf.uplink.link,
    'needs "vlan" or "vlanTrunk": without a VLAN the pod would be on every VLAN of the uplink',
  );
}

/** Without this check the uplink would silently drop the frames of each VLAN that `uplink.vids` leaves out. */
function uplinkVidsProblem({ uplink, vlan, vlanTrunk }: NetConf): string {
  if (uplink === undefined || uplink.vids === 'attached') return '';
  const listed = vidSet(uplink.vids);
  const own = vidSet([...vlanTrunk, ...(vlan === 0 ? [] : [{ first: vlan, last: vlan }])]);
  const missing = vidRanges([...own].filter((vid) => !listed.has(vid)));
  if (missing.length === 0) return '';
  const problem = `must hold VLAN ${formatRanges(missing)} of this network too`;
  return problemLine(['uplink', 'vids'], formatRanges(uplink.vids), problem);
}

/** Checks that the result of an ADD can show the addresses of IPAM. Returns one line for each problem; none for delegated IPAM. */
export function ipamProblems(ipam: Ipam | undefined, { verb, cniVersion }: Request): readonly string[] {
  if (verb !== 'ADD' || (ipam !== undefined && ipam.staticResult === undefined)) return [];
  const ipamResult = ipam?.staticResult;
  const hasAddress = ipamResult !== undefined && ipamResult.ips.length > 0;
  if (ipamResult !== undefined && !hasAddress)
    return [
      'ipam: no address: neither ipam.addresses nor args.cni.ips, runtimeConfig.ips or IP= in CNI_ARGS gives one',
    ];
  const problem = resultFormatProblem({ hasAddress }, cniVersion);
  return problem === undefined ? tooManyAddresses(ipamResult, cniVersion) : [problem];
}

/** Up to cniVersion 0.2.0 a result has one address of each family. */
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
