import { CniError, errorCode } from '../../cni/error.ts';
import { type Reading, read } from '../../cni/json.ts';
import type { Request } from '../../cni/request.ts';
import type { Dns } from '../../cni/result.ts';
import { delegatedIpam } from '../../ipam/delegated.ts';
import { type Ipam, ipamType } from '../../ipam/ipam.ts';
import { readStatic, staticIpam } from '../../ipam/static.ts';
import { step } from '../../sys/trace.ts';
import type { GatewayConf } from '../gateway/plan.ts';
import type { MasqueradeBackend } from '../masquerade/masquerade.ts';
import type { VlanConf } from '../vlan/port-vlans.ts';
import { type CniArgs, readCniArgs } from './cni-args.ts';
import { conflicts, lacks } from './rules.ts';
import { netConfSchema } from './schema.ts';
import { readUplink, type UplinkConf } from './uplink.ts';
import { readTrunk } from './vlan-trunk.ts';

/** The network configuration, checked: nothing in it needs looking at again. */
export type NetConf = VlanConf &
  GatewayConf & {
    readonly bridge: string;
    /** What to do with an existing bridge that does not filter VLANs although the port needs it. */
    readonly vlanFiltering: 'require' | 'enable';
    /** The trunk; absent: whoever runs the node looks after it. */
    readonly uplink: UplinkConf | undefined;
    /** Bytes, for both ends of the veth pair, and for a bridge that is created without an uplink; absent: the uplink's, else the kernel's 1500. */
    readonly mtu: number | undefined;
    /** Of the container's end; absent: a random one. */
    readonly mac: Buffer | undefined;
    /** Take away addresses that are in the way of a gateway address. */
    readonly forceAddress: boolean;
    readonly ipMasq: boolean;
    /** Absent: nftables where the host has it, else iptables. */
    readonly ipMasqBackend: MasqueradeBackend | undefined;
    readonly hairpinMode: boolean;
    /** Set the bridge promiscuous; false leaves it as it is. */
    readonly promiscMode: boolean;
    readonly portIsolation: boolean;
    /** Drop frames that do not come from the container's own address. */
    readonly macspoofchk: boolean;
    /** Probe IPv6 addresses for another owner before they are used. */
    readonly enabledad: boolean;
    /** Leave the container's end down. */
    readonly disableContainerInterface: boolean;
    /** Stands in for the DNS settings of IPAM; absent where the configuration sets none. */
    readonly dns: Dns | undefined;
    /** Absent: layer 2 only. */
    readonly ipam: Ipam | undefined;
  };

/**
 * Reads and checks everything that the configuration and CNI_ARGS say, without looking at the machine.
 * @throws CniError 4 for CNI_ARGS, 7 with every other problem at once
 */
export function readNetConf(request: Request): NetConf {
  return step('check the configuration', () => checked(request));
}

function checked(request: Request): NetConf {
  const args = readCniArgs(request.args, { addresses: ipamType(request.config) === 'static' });
  const { data, problems = [] } = read(netConfSchema(), request.config);
  const trunk = readTrunk(request.config);
  const uplink = readUplink(request.config);
  const ipam = readIpam(request, args);
  const early = [
    ...problems,
    ...(trunk.problems ?? []),
    ...(uplink.problems ?? []),
    ...(ipam.problems ?? lacks(ipam.data, request)),
  ];
  if (data === undefined || trunk.data === undefined || early.length > 0) throw invalid(early);
  const { dns, isDefaultGateway = false } = data;
  const conf: NetConf = {
    bridge: data.bridge ?? 'cni0',
    vlan: data.vlan ?? 0,
    trunk: trunk.data,
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
  const found = conflicts(conf);
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
