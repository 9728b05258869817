import type * as z from 'zod/mini';
import { dnsSchema } from '../cni/foreign-result.ts';
import { fields, integer, list, parsedText, type Reading, read } from '../cni/json.ts';
import type { Result } from '../cni/result.ts';
import { type Cidr, contains, formatCidr, formatIp, type Ip, parseCidr, parseIp } from '../inet/cidr.ts';
import type { AssignedIp, Ipam, IpamResult } from './ipam.ts';
import { addressProblems, type Gateway, type Path, type PlacedIp, routeProblems } from './static-rules.ts';

/** What CNI_ARGS adds to the configuration: IP= and GATEWAY=. */
export type RequestedIps = {
  readonly ips: readonly Cidr[];
  readonly gateways: readonly Ip[];
};

/**
 * The addresses, routes and DNS settings of the `static` type, from the whole network configuration: `runtimeConfig.ips`, or
 * else `args.cni.ips`, or else `ipam.addresses` followed by the IP= of CNI_ARGS. A GATEWAY= of CNI_ARGS is the gateway of every
 * address whose subnet it is in. Whether there has to be an address is the caller's to say.
 */
export function readStatic(config: unknown, requested: RequestedIps): Reading<IpamResult> {
  const addresses = read(addressesSchema(), config);
  const others = read(othersSchema(), config);
  const ips = addresses.data === undefined ? [] : placed(addresses.data, requested);
  const routes = others.data?.ipam.routes ?? [];
  const problems = [
    ...(addresses.problems ?? addressProblems(ips, requested.gateways)),
    ...(others.problems ?? routeProblems(routes)),
  ];
  if (problems.length > 0) return { problems };
  return { data: { ips: ips.map(withoutPlace), routes, dns: others.data?.ipam.dns ?? {} } };
}

type AddressSources = z.core.output<ReturnType<typeof addressesSchema>>;

/** The addresses that count, each with its gateway, and where the configuration has them. */
function placed({ ipam, args, runtimeConfig }: AddressSources, requested: RequestedIps): readonly PlacedIp[] {
  const gatewayOf = (cidr: Cidr): Gateway | undefined => {
    const ip = requested.gateways.findLast((gateway) => contains(cidr, gateway));
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
    listed(runtimeConfig?.ips, (index) => ['runtimeConfig', 'ips', index]),
    listed(args?.cni?.ips, (index) => ['args', 'cni', 'ips', index]),
  ].find((ips) => ips.length > 0);
  return chosen ?? [...configured, ...listed(requested.ips, () => ['CNI_ARGS', 'IP'])];
}

function withoutPlace({ cidr, gateway }: PlacedIp): AssignedIp {
  return { cidr, gateway: gateway?.ip };
}

const MAX_U32 = 0xffff_ffff;

function cidrText() {
  return parsedText(parseCidr, 'must be an address with its prefix length, such as "10.20.1.11/24"');
}

function addressesSchema() {
  const gateway = () =>
    parsedText((value) => (value === '' ? '' : parseIp(value)), 'must be an IP address, or empty');
  const address = () => fields({ gateway }, { address: cidrText });
  const ips = () => fields({ ips: () => list(cidrText()) });
  return fields(
    { args: () => fields({ cni: ips }), runtimeConfig: ips },
    { ipam: () => fields({ addresses: () => list(address()) }) },
  );
}

function othersSchema() {
  return fields({}, { ipam: () => fields({ routes: () => list(routeSchema()), dns: dnsSchema }) });
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
    staticResult,
    add: () => staticResult,
    del: () => undefined,
    check: (prevResult) => checkStatic(staticResult, prevResult),
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
