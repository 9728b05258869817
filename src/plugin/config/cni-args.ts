import { CniError, errorCode } from '../../cni/error.ts';
import { problemLine } from '../../cni/schema.ts';
import { type Cidr, type Ip, parseCidr, parseIp } from '../../inet/cidr.ts';
import { isUnicastMac, parseMac } from '../../inet/mac.ts';

/** The keys of CNI_ARGS that this plugin reads, parsed and checked. An absent key is an empty list or `undefined`. */
export type CniArgs = {
  readonly ips: readonly Cidr[];
  readonly gateways: readonly Ip[];
  readonly mac: Buffer | undefined;
};

/** The rule for the link-layer address of a container, in the words of error messages. */
export const macRule = 'must be a unicast link-layer address of 6 octets, such as "02:00:00:00:00:01"';

/** Parses the link-layer address of a container: unicast, 6 octets. Returns `undefined` for any other text. */
export function readMac(text: string): Buffer | undefined {
  const mac = parseMac(text);
  return mac !== undefined && isUnicastMac(mac) ? mac : undefined;
}

/**
 * Reads CNI_ARGS.
 * @param addresses whether IPAM is static. Only static IPAM reads `IP` and `GATEWAY`. A delegate gets them unchanged and applies
 * its own rules, so this function then neither checks nor returns them.
 * @throws CniError 4 with every problem of CNI_ARGS
 */
export function readCniArgs(text: string, { addresses }: { readonly addresses: boolean }): CniArgs {
  const parsed = parsePairs(text);
  const { mac } = parsed;
  const { ip, gateway } = addresses ? parsed : { ip: [], gateway: [] };
  const macs = mac === undefined ? [] : [mac];
  const problems = [
    ...problemsOfKey(
      'IP',
      ip,
      parseCidr,
      'must be an address with its prefix length, such as "10.20.1.11/24"',
    ),
    ...problemsOfKey('GATEWAY', gateway, parseIp, 'must be an IP address, such as "10.20.1.1"'),
    ...problemsOfKey('MAC', macs, readMac, macRule),
  ];
  if (problems.length > 0) throw new CniError(errorCode.invalidEnvironment, problems.join('; '));
  return {
    ips: ip.flatMap((value) => parseCidr(value) ?? []),
    gateways: gateway.flatMap((value) => parseIp(value) ?? []),
    mac: mac === undefined ? undefined : readMac(mac),
  };
}

function problemsOfKey(
  key: string,
  values: readonly string[],
  parse: (value: string) => unknown,
  allowed: string,
): readonly string[] {
  const wrong = values.filter((value) => parse(value) === undefined);
  return wrong.map((value) => problemLine(['CNI_ARGS', key], value, allowed));
}

/** The values as text. An absent key is an empty list or `undefined`. */
type Pairs = {
  readonly ip: readonly string[];
  readonly gateway: readonly string[];
  readonly mac: string | undefined;
};

const knownKeys = ['IgnoreUnknown', 'IP', 'GATEWAY', 'MAC'];

/**
 * Splits CNI_ARGS: `Key=Value` pairs with ";" between them (CONVENTIONS.md, "CNI_ARGS"). The last of duplicate keys
 * counts. One ";" at the end is allowed.
 * @throws CniError 4 with every malformed pair, and with every unknown pair unless IgnoreUnknown is true
 */
function parsePairs(text: string): Pairs {
  const pairs = text === '' || text === ';' ? [] : text.replace(/;$/, '').split(';');
  const values = new Map(pairs.map((pair) => pair.split('=') as [string, string]));
  const problems = problemsOf(pairs, values.get('IgnoreUnknown') ?? 'false');
  if (problems.length > 0) {
    throw new CniError(errorCode.invalidEnvironment, `CNI_ARGS: ${problems.join('; ')}`);
  }
  return {
    ip: parseList(values.get('IP')),
    gateway: parseList(values.get('GATEWAY')),
    mac: values.get('MAC')?.trim() || undefined,
  };
}

function problemsOf(pairs: readonly string[], ignoreUnknown: string): string[] {
  const isPair = (pair: string) => /^[^=]+=[^=]*$/.test(pair);
  const isUnknown = (pair: string) => isPair(pair) && !knownKeys.some((key) => pair.startsWith(`${key}=`));
  const malformed = pairs.filter((pair) => !isPair(pair));
  const unknown = /^(true|1)$/i.test(ignoreUnknown) ? [] : pairs.filter(isUnknown);
  return [
    malformed.length > 0 ? `invalid pairs ${quoteAll(malformed)}, must be Key=Value` : '',
    /^(true|1|false|0)$/i.test(ignoreUnknown)
      ? ''
      : `IgnoreUnknown=${ignoreUnknown}, must be true, 1, false or 0`,
    unknown.length > 0 ? `unknown args ${quoteAll(unknown)} without IgnoreUnknown=true` : '',
  ].filter((problem) => problem !== '');
}

function quoteAll(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`;
}

function parseList(value = ''): string[] {
  const items = value.split(',').map((item) => item.trim());
  return items.filter((item) => item !== '');
}
