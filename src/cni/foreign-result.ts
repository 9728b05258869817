import type * as z from 'zod/mini';
import { CniError, errorCode } from './error.ts';
import { type IpConfig, isAddressCentred, type Result, type Route } from './result.ts';
import { fields, integer, list, read, text } from './schema.ts';
import { type CniVersion, isSupported } from './version.ts';

/**
 * Reads a result that was not made here: `prevResult`, or what a delegate printed; any of the versions will do.
 * Addresses and routes stay the text they are.
 *
 * @param value what parseJson gave.
 * @param configVersion the version of a result that does not state its own.
 * @throws CniError 6 when the version is unknown, or with a line for each value that has the wrong type.
 */
export function parseResult(value: unknown, configVersion: CniVersion): Result {
  const stated = valid(fields({ cniVersion: text }), value).cniVersion;
  const version = stated || configVersion;
  if (!isSupported(version)) {
    throw new CniError(
      errorCode.decodingFailure,
      `unsupported CNI result version ${JSON.stringify(version)}`,
    );
  }
  return isAddressCentred(version) ? parseAddressCentred(value) : parseCurrent(value);
}

function parseAddressCentred(value: unknown): Result {
  const family = () => fields({ gateway: text, routes: () => list(routeSchema()) }, { ip: text });
  const schema = fields({ ip4: family, ip6: family, dns: dnsSchema });
  const { ip4, ip6, dns } = valid(schema, value);
  const families = [ip4, ip6].filter((found) => found !== undefined);
  return {
    interfaces: [],
    ips: families.map(
      ({ ip, gateway }): IpConfig => ({
        address: ip,
        gateway: gateway || undefined,
      }),
    ),
    routes: families.flatMap(({ routes }): Route[] => routes ?? []),
    dns: dns ?? {},
  };
}

function parseCurrent(value: unknown): Result {
  const schema = fields({
    interfaces: () => list(interfaceSchema()),
    ips: () => list(ipSchema()),
    routes: () => list(routeSchema()),
    dns: dnsSchema,
  });
  const { interfaces, ips, routes, dns } = valid(schema, value);
  return {
    interfaces: interfaces ?? [],
    ips: ips ?? [],
    routes: routes ?? [],
    dns: dns ?? {},
  };
}

const maxU32 = 2 ** 32 - 1;
const count = () => integer({ min: 0, max: maxU32 });

function interfaceSchema() {
  return fields({ mac: text, mtu: count, sandbox: text, socketPath: text, pciID: text }, { name: text });
}

function ipSchema() {
  return fields({ gateway: text, interface: count }, { address: text });
}

function routeSchema() {
  return fields(
    { gw: text, mtu: count, advmss: count, priority: count, table: count, scope: count },
    { dst: text },
  );
}

/** DNS settings, in a result as in a configuration. */
export function dnsSchema() {
  const texts = () => list(text());
  return fields({ nameservers: texts, domain: text, search: texts, options: texts });
}

function valid<Schema extends z.core.$ZodType>(schema: Schema, value: unknown): z.core.output<Schema> {
  const { data, problems } = read(schema, value);
  if (problems === undefined) return data as z.core.output<Schema>;
  throw new CniError(errorCode.decodingFailure, 'CNI result is not understood', {
    details: problems.join('\n'),
  });
}
