import { dnsSchema } from '../cni/foreign-result.ts';
import type { Result } from '../cni/result.ts';
import { fields, integer, list, parsedText, type Reading } from '../cni/schema.ts';
import type { SectionData } from '../cni/section.ts';
import { type Cidr, contains, formatCidr, formatIp, type Ip, parseCidr, parseIp } from '../inet/cidr.ts';
import type { AssignedIp, Ipam, IpamResult } from './ipam.ts';
import { addressProblems, type Gateway, type IpWithPath, type Path, routeProblems } from './static-rules.ts';

/** The keys of `ipam` that the static type reads. */
export const staticSection = {
  addresses: () => list(fields({ gateway: gatewayText }, { address: cidrText })),
  routes: () => list(routeSchema()),
  dns: dnsSchema,
};

/** The value of `runtimeConfig.ips` and `args.cni.ips`: a list of requested addresses. */
export function requestedIps() {
  return list(cidrText());
}

/** The sources of static IPAM. An absent list means the same as an empty one. */
export type StaticSources = {
  readonly ipam: SectionData<typeof staticSection>;
  readonly runtimeConfigIps: readonly Cidr[] | undefined;
  readonly argsIps: readonly Cidr[] | undefined;
  /** `IP` and `GATEWAY` of CNI_ARGS. */
  readonly cniArgs: { readonly ips: readonly Cidr[]; readonly gateways: readonly Ip[] };
};

/**
 * Reads the addresses, routes and DNS settings of static IPAM. The addresses are those of `runtimeConfig.ips`, else of
 * `args.cni.ips`, else of `ipam.addresses` followed by the `IP` of CNI_ARGS. A `GATEWAY` of CNI_ARGS is the gateway of every
 * address in whose subnet it lies. The caller checks whether an address is needed.
 */
export function readStatic(sources: StaticSources): Reading<IpamResult> {
  const ips = effectiveIps(sources);
  const { routes = [], dns = {} } = sources.ipam;
  const problems = [...addressProblems(ips, sources.cniArgs.gateways), ...routeProblems(routes)];
  return problems.length > 0 ? { problems } : { data: { ips: ips.map(withoutPath), routes, dns } };
}

/** Lists the effective addresses, each with its gateway and the paths of both values. */
function effectiveIps({ ipam, runtimeConfigIps, argsIps, cniArgs }: StaticSources): readonly IpWithPath[] {
  const gatewayOf = (cidr: Cidr): Gateway | undefined => {
    const ip = cniArgs.gateways.findLast((gateway) => contains(cidr, gateway));
    return ip === undefined ? undefined : { ip, path: ['CNI_ARGS', 'GATEWAY'] };
  };
  const listed = (
    cidrs: readonly Cidr[] | undefined,
    pathOf: (index: number) => Path,
  ): readonly IpWithPath[] =>
    (cidrs ?? []).map((cidr, index) => ({ cidr, path: pathOf(index), gateway: gatewayOf(cidr) }));
  const configured = (ipam.addresses ?? []).map(({ address: cidr, gateway }, index): IpWithPath => {
    const path = ['ipam', 'addresses', index];
    const own = gateway ? { ip: gateway, path: [...path, 'gateway'] } : undefined;
    return { cidr, path: [...path, 'address'], gateway: gatewayOf(cidr) ?? own };
  });
  const chosen = [
    listed(runtimeConfigIps, (index) => ['runtimeConfig', 'ips', index]),
    listed(argsIps, (index) => ['args', 'cni', 'ips', index]),
  ].find((ips) => ips.length > 0);
  return chosen ?? [...configured, ...listed(cniArgs.ips, () => ['CNI_ARGS', 'IP'])];
}

function withoutPath({ cidr, gateway }: IpWithPath): AssignedIp {
  return { cidr, gateway: gateway?.ip };
}

const MAX_U32 = 0xffff_ffff;

function cidrText() {
  return parsedText(parseCidr, 'must be an address with its prefix length, such as "10.20.1.11/24"');
}

function gatewayText() {
  return parsedText((value) => (value === '' ? '' : parseIp(value)), 'must be an IP address, or empty');
}

function routeSchema() {
  const u32 = () => integer({ min: 0, max: MAX_U32 });
  return fields(
    {
      gw: () => parsedText(parseIp, 'must be an IP address, such as "10.20.1.1"'),
      mtu: u32,
      advmss: u32,
      priority: u32,
      table: u32,
      scope: () => integer({ min: 0, max: 255 }),
    },
    { dst: cidrText },
  );
}

/** Makes the Ipam of the `static` type. The addresses come from the configuration, so ADD reserves none and DEL releases none. */
export function staticIpam(staticResult: IpamResult): Ipam {
  return {
    type: 'static',
    staticResult,
    usesLink: false,
    requirePlugin: () => undefined,
    add: () => staticResult,
    del: () => undefined,
    check: (prevResult) => checkStatic(staticResult, prevResult),
    gc: () => undefined,
    status: () => undefined,
  };
}

/**
 * Checks that the result of ADD has every address of the configuration, with its gateway. Returns one sentence for each
 * difference. The result may have more addresses: the runtime need not repeat CNI_ARGS of ADD at CHECK.
 */
function checkStatic({ ips }: IpamResult, { ips: present }: Result): readonly string[] {
  return ips.flatMap(({ cidr: address, gateway }) => {
    const text = formatCidr(address);
    const same = present.find((entry) => canonical(entry.address) === text);
    if (same === undefined) return [`address "${text}" of the configuration is not in prevResult`];
    if (gateway === undefined || same.gateway === formatIp(gateway)) return [];
    return [`gateway "${formatIp(gateway)}" of address "${text}" is "${same.gateway ?? ''}" in prevResult`];
  });
}

function canonical(address: string): string | undefined {
  const parsed = parseCidr(address);
  return parsed === undefined ? undefined : formatCidr(parsed);
}
