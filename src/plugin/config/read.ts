import { CniError, errorCode } from '../../cni/error.ts';
import { type Reading, read } from '../../cni/json.ts';
import type { Request } from '../../cni/request.ts';
import type { Dns } from '../../cni/result.ts';
import { delegatedIpam } from '../../ipam/delegated.ts';
import { type Ipam, ipamType } from '../../ipam/ipam.ts';
import { readStatic, staticIpam } from '../../ipam/static.ts';
import { traced } from '../../sys/trace.ts';
import { type CniArgs, readCniArgs } from './cni-args.ts';
import type { NetConf } from './netconf.ts';
import { combinationProblems, ipamProblems } from './rules.ts';
import { netConfSchema } from './schema.ts';
import { readUplink } from './uplink.ts';
import { readTrunk } from './vlan-trunk.ts';

/**
 * Reads and checks everything that the configuration and CNI_ARGS say, without looking at the machine.
 * @throws CniError 4 for CNI_ARGS, 7 with every other problem at once
 */
export function readNetConf(request: Request): NetConf {
  return traced('check the configuration', () => checked(request));
}

function checked(request: Request): NetConf {
  const args = readCniArgs(request.args, { addresses: ipamType(request.config) === 'static' });
  const { data, problems = [] } = read(netConfSchema(), request.config);
  const vlanTrunk = readTrunk(request.config);
  const uplink = readUplink(request.config);
  const ipam = readIpam(request, args);
  const early = [
    ...problems,
    ...(vlanTrunk.problems ?? []),
    ...(uplink.problems ?? []),
    ...(ipam.problems ?? ipamProblems(ipam.data, request)),
  ];
  if (data === undefined || vlanTrunk.data === undefined || early.length > 0) throw invalid(early);
  const { dns, isDefaultGateway = false } = data;
  const conf: NetConf = {
    bridge: data.bridge ?? 'cni0',
    vlan: data.vlan ?? 0,
    vlanTrunk: vlanTrunk.data,
    preserveDefaultVlan: data.preserveDefaultVlan ?? false,
    vlanFiltering: data.vlanFiltering ?? 'require',
    uplink: uplink.data,
    mtu: data.mtu || undefined,
    mac: data.runtimeConfig?.mac || data.args?.cni?.mac || args.mac || data.mac || undefined,
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
    ipam: ipam.data,
  };
  const found = combinationProblems(conf);
  if (found.length > 0) throw invalid(found);
  return conf;
}

function readIpam(request: Request, args: CniArgs): Reading<Ipam | undefined> {
  const type = ipamType(request.config);
  if (type === '') return { data: undefined };
  if (type !== 'static') return { data: delegatedIpam(type, request) };
  const { data, problems } = readStatic(request.config, args);
  return data === undefined ? { problems } : { data: staticIpam(data) };
}

/** An empty list counts as set, an empty domain does not. */
function isSet({ nameservers, domain, search, options }: Dns): boolean {
  return nameservers !== undefined || search !== undefined || options !== undefined || Boolean(domain);
}

function invalid(problems: readonly string[]): CniError {
  // What stands above two sections of the configuration is read, and refused, with each of them.
  const distinct = [...new Set(problems)];
  return new CniError(errorCode.invalidConfig, `invalid network configuration: ${distinct.join('; ')}`);
}
