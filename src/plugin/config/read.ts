import { CniError, errorCode } from '../../cni/error.ts';
import { findPrevResult } from '../../cni/prev-result.ts';
import type { Request } from '../../cni/request.ts';
import type { Dns } from '../../cni/result.ts';
import { fields, list, type Reading, read, text } from '../../cni/schema.ts';
import { readSection, type SectionData } from '../../cni/section.ts';
import { delegatedIpam } from '../../ipam/delegated.ts';
import type { Ipam } from '../../ipam/ipam.ts';
import { readStatic, staticIpam } from '../../ipam/static.ts';
import { traced } from '../../sys/trace.ts';
import { type CniArgs, readCniArgs } from './cni-args.ts';
import type { NetConf } from './netconf.ts';
import { combinationProblems, ipamProblems } from './rules.ts';
import { ipamTypeOf, netConfSection } from './schema.ts';
import { trunkRanges } from './vlan-trunk.ts';

/** The parsed keys of the configuration. */
type Keys = SectionData<ReturnType<typeof netConfSection>>;

/**
 * Reads and checks the configuration and CNI_ARGS. Does not ask the kernel.
 * @throws CniError 4 when CNI_ARGS is wrong, 7 with every other problem at once, 6 when prevResult is not a result
 */
export function readNetConf(request: Request): NetConf {
  return traced('check the configuration', () => checkedConf(request));
}

/**
 * Reads the delegated IPAM for DEL and GC; the configuration may lack every other key. Returns `undefined` when no plugin has to
 * release addresses: without IPAM, with static IPAM, and when `ipam.type` is not text.
 */
export function readDelegatedIpam(request: Request): Ipam | undefined {
  const type = ipamTypeOf(request.config);
  return type === STATIC ? undefined : delegateOf(type, request);
}

/**
 * Reads the attachments that GC must keep (SPEC 1.1.0, section 2, "cni.dev/valid-attachments"). Returns `undefined` when the
 * configuration does not have the key.
 * @throws CniError 7 when an entry has no containerID or ifname
 */
export function readValidAttachments({
  config,
}: Request): readonly { readonly containerID: string; readonly ifname: string }[] | undefined {
  const key = 'cni.dev/valid-attachments';
  const attachment = fields({}, { containerID: text, ifname: text });
  const { data, problems } = read(fields({ [key]: () => list(attachment) }), config);
  if (data === undefined) throw new CniError(errorCode.invalidConfig, problems.join('; '));
  return data[key];
}

const STATIC = 'static';

function checkedConf(request: Request): NetConf {
  const type = ipamTypeOf(request.config);
  const isStatic = type === STATIC;
  const args = readCniArgs(request.args, { addresses: isStatic });
  const { data, problems } = readSection(netConfSection(isStatic), request.config);
  const lines = problems.map(({ line }) => line);
  const hasReadIpam = problems.every(({ key }) => !/^(ipam|args|runtimeConfig)\b/.test(key));
  const ipam: Reading<Ipam | undefined> = isStatic
    ? staticOf(data, args)
    : { data: delegateOf(type, request) };
  lines.push(...(ipam.problems ?? (hasReadIpam ? ipamProblems(ipam.data, request) : [])));
  if (lines.length > 0) throw invalid(lines);
  const conf = netConfOf(data, { mac: args.mac, ipam: ipam.data });
  const found = combinationProblems(conf);
  if (found.length > 0) throw invalid(found);
  const hasResult = request.verb === 'ADD' || request.verb === 'CHECK';
  return hasResult ? { ...conf, prevResult: findPrevResult(request) } : conf;
}

function delegateOf(type: string, request: Request): Ipam | undefined {
  return type === '' ? undefined : delegatedIpam(type, request);
}

function staticOf({ ipam = {}, args, runtimeConfig }: Keys, cniArgs: CniArgs): Reading<Ipam> {
  const { data, problems } = readStatic({
    ipam,
    runtimeConfigIps: runtimeConfig?.ips,
    argsIps: args?.cni?.ips,
    cniArgs,
  });
  return data === undefined ? { problems } : { data: staticIpam(data) };
}

function netConfOf(data: Keys, { mac, ipam }: { mac: Buffer | undefined; ipam: Ipam | undefined }): NetConf {
  const { dns, isDefaultGateway = false } = data;
  return {
    bridge: data.bridge ?? 'cni0',
    vlan: data.vlan ?? 0,
    vlanTrunk: trunkRanges(data.vlanTrunk ?? []),
    preserveDefaultVlan: data.preserveDefaultVlan ?? false,
    vlanFiltering: data.vlanFiltering ?? 'require',
    uplink: data.uplink,
    mtu: data.mtu || undefined,
    mac: data.runtimeConfig?.mac || data.args?.cni?.mac || mac || data.mac || undefined,
    isGateway: isDefaultGateway || (data.isGateway ?? false),
    isDefaultGateway,
    forceAddress: data.forceAddress ?? false,
    ipMasq: data.ipMasq ?? false,
    ipMasqBackend: data.ipMasqBackend || undefined,
    hairpinMode: data.hairpinMode ?? false,
    promiscMode: data.promiscMode ?? false,
    portIsolation: data.portIsolation ?? false,
    macspoofchk: data.macspoofchk ?? false,
    enabledad: data.enabledad ?? false,
    disableContainerInterface: data.disableContainerInterface ?? false,
    dns: dns !== undefined && isSet(dns) ? dns : undefined,
    ipam,
    prevResult: undefined,
  };
}

/** Whether the configuration sets DNS. An empty list counts as set, an empty domain does not. */
function isSet({ nameservers, domain, search, options }: Dns): boolean {
  return nameservers !== undefined || search !== undefined || options !== undefined || Boolean(domain);
}

function invalid(problems: readonly string[]): CniError {
  return new CniError(errorCode.invalidConfig, `invalid network configuration: ${problems.join('; ')}`);
}
