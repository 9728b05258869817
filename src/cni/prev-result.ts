import * as z from 'zod/mini';
import { parseResult } from './foreign-result.ts';
import type { Request } from './request.ts';
import type { Interface, IpConfig, Result } from './result.ts';
import { fields, read } from './schema.ts';

const PREV_RESULT = fields({ prevResult: z.unknown });

/**
 * Reads `prevResult` of the configuration; `undefined` when the key is absent.
 * @throws CniError 6 when the value is not a result
 */
export function findPrevResult({ config, cniVersion }: Request): Result | undefined {
  const { data } = read(PREV_RESULT, config);
  return data?.prevResult === undefined ? undefined : parseResult(data.prevResult, cniVersion);
}

/** Lists the addresses of a result that are on this link of the container. */
export function ownIps({ interfaces, ips }: Result, ifname: string): readonly IpConfig[] {
  const isOwn = isLinkOf(ifname);
  return ips.filter(({ interface: index }) => {
    const entry = index === undefined ? undefined : interfaces[index];
    return index === undefined || (entry !== undefined && isOwn(entry));
  });
}

/**
 * Makes the test whether an interface of a result is the container's link of that name. An interface with a sandbox is in a
 * container.
 */
export function isLinkOf(ifname: string): (entry: Interface) => boolean {
  return ({ name, sandbox }) => name === ifname && Boolean(sandbox);
}
