import * as z from 'zod/mini';
import { CniError, errorCode } from '../cni/error.ts';
import { dnsSchema } from '../cni/foreign-result.ts';
import { boolean, fields, integer, parsedText, type Reading, read, text } from '../cni/json.ts';
import { ifnameProblem, type Request } from '../cni/request.ts';
import type { Dns } from '../cni/result.ts';
import { type IpamResult, ipamType } from '../ipam/ipam.ts';
import { readStatic } from '../ipam/static.ts';
import { type CniArgs, macRule, readCniArgs, readMac } from './cni-args.ts';
import { conflicts, lacks } from './netconf-rules.ts';
import { readTrunk } from './trunk.ts';
import { refuseUnsupported } from './unsupported.ts';
import type { VlanConf } from './vlans.ts';

/** The network configuration, checked: nothing in it needs looking at again. */
export type NetConf = VlanConf & {
  readonly bridge: string;
  /** What to do with an existing bridge that does not filter VLANs although the port needs it. */
  readonly vlanFiltering: 'require' | 'enable';
  /** Bytes, for both ends of the veth pair and for a bridge that is created; absent: the kernel's 1500. */
  readonly mtu: number | undefined;
  /** Of the container's end; absent: a random one. */
  readonly mac: Buffer | undefined;
  /** Leave the container's end down. */
  readonly disableContainerInterface: boolean;
  /** Stands in for the DNS settings of IPAM; absent where the configuration sets none. */
  readonly dns: Dns | undefined;
  /** Absent: layer 2 only. */
  readonly ipam: IpamResult | undefined;
};

/**
 * Reads and checks everything that the configuration and CNI_ARGS say, without looking at the machine.
 * @throws CniError 2 naming keys that this version does not support, 4 for CNI_ARGS, 7 with every other problem at once
 */
export function readNetConf(request: Request): NetConf {
  refuseUnsupported(request.config);
  const args = readCniArgs(request.args);
  const { data, problems = [] } = read(schema(), request.config);
  const trunk = readTrunk(request.config);
  const ipam = readIpam(request, args);
  const early = [...problems, ...(trunk.problems ?? []), ...(ipam.problems ?? lacks(ipam.data, request))];
  if (data === undefined || trunk.data === undefined || early.length > 0) throw invalid(early);
  const {
    bridge = 'cni0',
    vlan = 0,
    preserveDefaultVlan = false,
    vlanFiltering = 'require',
    mtu,
    dns,
  } = data;
  const conf: NetConf = {
    bridge,
    vlan,
    trunk: trunk.data,
    preserveDefaultVlan,
    vlanFiltering,
    mtu: mtu || undefined,
    mac: data.runtimeConfig?.mac || data.args?.cni?.mac || args.mac || data.mac || undefined,
    disableContainerInterface: data.disableContainerInterface ?? false,
    dns: dns !== undefined && isSet(dns) ? dns : undefined,
    ipam: ipam.data,
  };
  const found = conflicts(conf);
  if (found.length > 0) throw invalid(found);
  return conf;
}

function schema() {
  const bridge = parsedText(
    (name) => (ifnameProblem(name) === undefined ? name : undefined),
    'must be a link name: 1 to 15 bytes, not "." or "..", without "/", ":", "%", white space and control characters',
  );
  const mac = z.optional(parsedText((value) => (value === '' ? '' : readMac(value)), macRule));
  const filtering = parsedText(filteringMode, 'must be "require" or "enable"');
  return fields({
    bridge: z.optional(bridge),
    vlan: z.optional(integer({ min: 0, max: 4094 })),
    preserveDefaultVlan: z.optional(boolean()),
    vlanFiltering: z.optional(filtering),
    mtu: z.optional(z.custom<number>(isMtu, { error: mtuRule })),
    mac,
    disableContainerInterface: z.optional(boolean()),
    dns: z.optional(dnsSchema()),
    ipam: z.optional(fields({ type: z.optional(text()) })),
    args: z.optional(fields({ cni: z.optional(fields({ mac })) })),
    runtimeConfig: z.optional(fields({ mac })),
  });
}

/** include/uapi/linux/if_ether.h: ETH_MIN_MTU and ETH_MAX_MTU, which a veth allows. */
const MIN_MTU = 68;
const MAX_MTU = 65535;
const mtuRule = `must be 0 (the kernel's default) or a whole number from ${MIN_MTU} to ${MAX_MTU}`;

function isMtu(value: unknown): boolean {
  return typeof value === 'number' && (value === 0 || (value >= MIN_MTU && value <= MAX_MTU));
}

function filteringMode(value: string): NetConf['vlanFiltering'] | undefined {
  return value === 'require' || value === 'enable' ? value : undefined;
}

function readIpam(request: Request, args: CniArgs): Reading<IpamResult | undefined> {
  return ipamType(request.config) === '' ? { data: undefined } : readStatic(request.config, args);
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
