import * as z from 'zod/mini';
import { CniError, errorCode } from '../cni/error.ts';
import { dnsSchema } from '../cni/foreign-result.ts';
import { boolean, fields, integer, list, parsedText, type Reading, read, text } from '../cni/json.ts';
import { ifnameProblem, type Request } from '../cni/request.ts';
import type { Dns } from '../cni/result.ts';
import { type IpamResult, ipamType } from '../ipam/ipam.ts';
import { readStatic } from '../ipam/static.ts';
import { type CniArgs, macRule, readCniArgs, readMac } from './cni-args.ts';
import { conflicts } from './netconf-rules.ts';
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
  const { data, problems } = read(schema(), request.config);
  const trunk = readTrunk(data?.vlanTrunk ?? []);
  const ipam = readIpam(request, args);
  const all = [...(problems ?? []), ...trunk.problems, ...(ipam?.problems ?? [])];
  if (data === undefined || all.length > 0) throw invalid(all);
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
    trunk: trunk.ranges,
    preserveDefaultVlan,
    vlanFiltering,
    mtu: mtu || undefined,
    mac: data.runtimeConfig?.mac || data.args?.cni?.mac || args.mac || data.mac || undefined,
    disableContainerInterface: data.disableContainerInterface ?? false,
    dns: dns !== undefined && isSet(dns) ? dns : undefined,
    ipam: ipam?.data,
  };
  const found = conflicts(conf, request);
  if (found.length > 0) throw invalid(found);
  return conf;
}

function schema() {
  const bridge = parsedText(
    (name) => (ifnameProblem(name) === undefined ? name : undefined),
    'must be a link name',
  );
  const mac = z.optional(parsedText((value) => (value === '' ? '' : readMac(value)), macRule));
  const filtering = parsedText(filteringMode, 'must be "require" or "enable"');
  return fields({
    bridge: z.optional(bridge),
    vlan: z.optional(integer({ min: 0, max: 4094 })),
    vlanTrunk: z.optional(list(trunkItem())),
    preserveDefaultVlan: z.optional(boolean()),
    vlanFiltering: z.optional(filtering),
    mtu: z.optional(integer({ min: 0, max: MAX_MTU })),
    mac,
    disableContainerInterface: z.optional(boolean()),
    dns: z.optional(dnsSchema()),
    ipam: z.optional(fields({ type: z.optional(text()) })),
    args: z.optional(fields({ cni: z.optional(fields({ mac })) })),
    runtimeConfig: z.optional(fields({ mac })),
  });
}

function trunkItem() {
  const vid = z.optional(integer({ min: 1, max: 4094 }));
  return fields({ id: vid, minID: vid, maxID: vid });
}

/** include/uapi/linux/if_ether.h: ETH_MAX_MTU, which a veth allows. */
const MAX_MTU = 65535;

function filteringMode(value: string): NetConf['vlanFiltering'] | undefined {
  return value === 'require' || value === 'enable' ? value : undefined;
}

function readIpam(request: Request, args: CniArgs): Reading<IpamResult> | undefined {
  return ipamType(request.config) === '' ? undefined : readStatic(request.config, args);
}

/** An empty list counts as set, an empty domain does not. */
function isSet({ nameservers, domain, search, options }: Dns): boolean {
  return nameservers !== undefined || search !== undefined || options !== undefined || Boolean(domain);
}

function invalid(problems: readonly string[]): CniError {
  return new CniError(errorCode.invalidConfig, `invalid network configuration: ${problems.join('; ')}`);
}
