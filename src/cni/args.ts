import { CniError, errorCode } from './error.ts';

/** What CNI_ARGS asks for; empty lists and undefined stand for "not asked". Nothing here is checked to be an address. */
export type CniArgs = {
  /** The comma-separated values of `IP`. */
  readonly ip: readonly string[];
  /** The comma-separated values of `GATEWAY`. */
  readonly gateway: readonly string[];
  readonly mac: string | undefined;
};

const knownKeys = ['IgnoreUnknown', 'IP', 'GATEWAY', 'MAC'];

/**
 * Reads CNI_ARGS, `Key=Value` pairs with ";" between them (CONVENTIONS.md, "CNI_ARGS"). The last of duplicate keys
 * counts, and one ";" at the end is harmless.
 *
 * @throws CniError 4 naming every pair that is malformed, and every unknown one unless IgnoreUnknown is true.
 */
export function parseCniArgs(text: string): CniArgs {
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
