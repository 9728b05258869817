import * as z from 'zod/mini';
import { parseResult } from '../cni/foreign-result.ts';
import { fields, read } from '../cni/json.ts';
import type { Request } from '../cni/request.ts';
import type { Result } from '../cni/result.ts';

/** The result that the configuration brings along; `undefined` when there is none. @throws CniError 6 when it is none */
export function findPrevResult({ config, cniVersion }: Request): Result | undefined {
  const { data } = read(fields({ prevResult: z.unknown }), config);
  return data?.prevResult === undefined ? undefined : parseResult(data.prevResult, cniVersion);
}
