import { dnsSchema } from '../cni/foreign-result.ts';
import type { Result } from '../cni/result.ts';
import { fields, integer, list, parsedText, type Reading } from '../cni/schema.ts';
import type { SectionData } from '../cni/section.ts';
import { type Cidr, contains, formatCidr, formatIp, type Ip, parseCidr, parseIp } from '../inet/cidr.ts';
import type { AssignedIp, Ipam, IpamResult } from './ipam.ts';
import { addressProblems, type Gateway, type Path, type PlacedIp, routeProblems } from './static-rules.ts';

/** The keys of `ipam` that the static type reads. */
export const staticSection = {
  addresses: () => list(fields({ gateway: gatewayText }, { address: cidrText })),
  routes: () => list(routeSchema()),
  dns: dnsSchema,
};

/** The requested addresses of `runtimeConfig.ips` and `args.cni.ips`. */
export function requestedIps() {
  return list(cidrText());
}

/** Everything that static IPAM is made of. Absent and empty lists mean the same. */
export type StaticSources = {
  readonly ipam: SectionData<typeof staticSection>;
  readonly runtimeConfigIps: readonly Cidr[] | undefined;
  readonly argsIps: readonly Cidr[] | undefined;
  /** `IP` and `GATEWAY` of CNI_ARGS. */
  readonly cniArgs: { readonly ips: readonly Cidr[]; readonly gateways: readonly Ip[] };
};

/**
 * The addresses, routes and DNS settings of the `static` type: `runtimeConfig.ips`, or else `args.cni.ips`, or else `ipam.addresses`
 * followed by the `IP` of CNI_ARGS. A `GATEWAY` of CNI_ARGS is the gateway of every address whose subnet it is in. The caller decides
 * whether there has to be an address.
 */
export function readStatic(sources: StaticSources): Reading<IpamResult> {
  const ips = placed(sources);
  const { routes = [], dns = {} } = sources.ipam;
  const problems = [...addressProblems(ips, sources.cniArgs.gateways), ...routeProblems(routes)];
  return problems.length > 0 ? { problems } : { data: { ips: ips.map(withoutPlace), routes, dns } };
}

/** The addresses that count, each with its gateway, and where the configuration has them. */
function placed({ ipam, runtimeConfigIps, argsIps, cniArgs }: StaticSources): readonly PlacedIp[] {
  const gatewayOf = (cidr: Cidr): Gateway | undefined => {
    const ip = cniArgs.gateways.findLast((gateway) => contains(cidr, gateway));
    return ip === undefined ? undefined : { ip, path: ['CNI_ARGS', 'GATEWAY'] };
  };
  const listed = (cidrs: readonly Cidr[] | undefined, pathOf: (index: number) => Path): readonly PlacedIp[] =>
    (cidrs ?? []).map((cidr, index) => ({ cidr, path: pathOf(index), gateway: gatewayOf(cidr) }));
  const configured = (ipam.addresses ?? []).map(({ address: cidr, gateway }, index): PlacedIp => {
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

function withoutPlace({ cidr, gateway }: PlacedIp): AssignedIp {
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

/** IPAM without another executable: what the configuration says is all there is to know, to give back or to look after. */
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
 * What is wrong with the addresses of a result that ADD gave, a sentence each: every address that the configuration names must
 * be in it, with its gateway. Addresses that came by CNI_ARGS are not staticResult at CHECK.
 */
function checkStatic({ ips }: IpamResult, { ips: given }: Result): readonly string[] {
  return ips.flatMap(({ cidr: address, gateway }) => {
    const text = formatCidr(address);
    const same = given.find((entry) => canonical(entry.address) === text);
    if (same === undefined) return [`address "${text}" of the configuration is not in prevResult`];
    if (gateway === undefined || same.gateway === formatIp(gateway)) return [];
    return [`gateway "${formatIp(gateway)}" of address "${text}" is "${same.gateway ?? ''}" in prevResult`];
  });
}

function canonical(address: string): string | undefined {
  const parsed = parseCidr(address);
  return parsed === undefined ? undefined : formatCidr(parsed);
}
