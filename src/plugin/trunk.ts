import { problemLine } from '../cni/json.ts';
import type { VidRange } from './vlans.ts';

/** One item of `vlanTrunk`: a single VID, a range, or both. */
export type TrunkItem = {
  readonly id?: number | undefined;
  readonly minID?: number | undefined;
  readonly maxID?: number | undefined;
};

/** The VIDs of `vlanTrunk` in the order given, and what does not make a range, a line each. An item that names none adds none. */
export function readTrunk(items: readonly TrunkItem[]): {
  readonly ranges: readonly VidRange[];
  readonly problems: readonly string[];
} {
  const problems = items.flatMap((item, index) => {
    const problem = itemProblem(item);
    return problem === undefined ? [] : [problemLine(['vlanTrunk', index], item, problem)];
  });
  return { ranges: items.flatMap(rangesOf), problems };
}

function itemProblem({ minID, maxID }: TrunkItem): string | undefined {
  if (minID === undefined && maxID === undefined) return undefined;
  if (minID === undefined) return 'minID is missing; a range has both minID and maxID';
  if (maxID === undefined) return 'maxID is missing; a range has both minID and maxID';
  return minID > maxID ? 'minID must not be greater than maxID' : undefined;
}

function rangesOf({ id, minID, maxID }: TrunkItem): readonly VidRange[] {
  const single = id === undefined ? [] : [{ first: id, last: id }];
  const range = minID === undefined || maxID === undefined ? [] : [{ first: minID, last: maxID }];
  return [...single, ...range];
}
