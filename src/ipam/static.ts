import * as z from 'zod/mini';
import { dnsSchema } from '../cni/foreign-result.ts';
import { fields, integer, list, parsedText, type Reading, read } from '../cni/json.ts';
import type { Result } from '../cni/result.ts';
import { type Cidr, contains, formatCidr, formatIp, type Ip, parseCidr, parseIp } from '../inet/cidr.ts';
import type { AssignedIp, IpamResult } from './ipam.ts';
import { addressProblems, routeProblems } from './static-rules.ts';

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
  const reading = read(schema(), config);
  if (reading.problems !== undefined) return reading;
  const { ipam, args, runtimeConfig } = reading.data;
  const configured = (ipam.addresses ?? []).map(({ address, gateway }) => ({
    cidr: address,
    gateway: gateway || undefined,
  }));
  const chosen = [runtimeConfig?.ips, args?.cni?.ips].find((ips) => ips !== undefined && ips.length > 0);
  const listed = chosen?.map(withoutGateway) ?? [...configured, ...requested.ips.map(withoutGateway)];
  const ips = listed.map((assigned) => ({
    cidr: assigned.cidr,
    gateway: requested.gateways.findLast((gateway) => contains(assigned.cidr, gateway)) ?? assigned.gateway,
  }));
  const routes = ipam.routes ?? [];
  const problems = [...addressProblems(ips, requested.gateways), ...routeProblems(routes)];
  return problems.length > 0 ? { problems } : { data: { ips, routes, dns: ipam.dns ?? {} } };
}

const MAX_U32 = 0xffff_ffff;

function schema() {
  const cidr = parsedText(parseCidr, 'must be an address with its prefix length, such as "10.20.1.11/24"');
  const gateway = parsedText(
    (value) => (value === '' ? '' : parseIp(value)),
    'must be an IP address, or empty',
  );
  const cidrs = z.optional(list(cidr));
  return fields({
    ipam: fields({
      addresses: z.optional(list(fields({ address: cidr, gateway: z.optional(gateway) }))),
      routes: z.optional(list(routeSchema(cidr))),
      dns: z.optional(dnsSchema()),
    }),
    args: z.optional(fields({ cni: z.optional(fields({ ips: cidrs })) })),
    runtimeConfig: z.optional(fields({ ips: cidrs })),
  });
}

function routeSchema<Dst extends z.core.$ZodType<Cidr>>(dst: Dst) {
  const u32 = z.optional(integer({ min: 0, max: MAX_U32 }));
  return fields({
    dst,
    gw: z.optional(parsedText(parseIp, 'must be an IP address, such as "10.20.1.1"')),
    mtu: u32,
    advmss: u32,
    priority: u32,
    table: u32,
    scope: z.optional(integer({ min: 0, max: 255 })),
  });
}

/**
 * What is wrong with the addresses of a result that ADD gave, a sentence each: every address that the configuration names must
 * be in it, with its gateway. Addresses that came by CNI_ARGS are not known at CHECK.
 */
export function checkStatic({ ips }: IpamResult, { ips: given }: Result): readonly string[] {
  return ips.flatMap(({ cidr: address, gateway }) => {
    const text = formatCidr(address);
    const same = given.find((entry) => canonical(entry.address) === text);
    if (same === undefined) return [`address "${text}" of the configuration is not in prevResult`];
    if (gateway === undefined || same.gateway === formatIp(gateway)) return [];
    return [`gateway "${formatIp(gateway)}" of address "${text}" is "${same.gateway ?? ''}" in prevResult`];
  });
}

function withoutGateway(address: Cidr): AssignedIp {
  return { cidr: address, gateway: undefined };
}

function canonical(address: string): string | undefined {
  const parsed = parseCidr(address);
  return parsed === undefined ? undefined : formatCidr(parsed);
}
