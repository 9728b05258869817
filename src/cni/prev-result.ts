import * as z from 'zod/mini';
import { parseResult } from './foreign-result.ts';
import { fields, read } from './json.ts';
import type { Request } from './request.ts';
import type { Result } from './result.ts';

/** The result that the configuration brings along; `undefined` when there is none. @throws CniError 6 when it is none */
export function findPrevResult({ config, cniVersion }: Request): Result | undefined {
  const { data } = read(fields({ prevResult: z.unknown }), config);
  return data?.prevResult === undefined ? undefined : parseResult(data.prevResult, cniVersion);
}
