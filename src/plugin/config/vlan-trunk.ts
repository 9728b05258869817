import { fields, integer, list, problemLine, type Reading, read } from '../../cni/json.ts';
import type { VidRange } from '../vlan/port-vlans.ts';

/** One item of `vlanTrunk`: a single VID, a range, or both. */
type TrunkItem = {
  readonly id?: number | undefined;
  readonly minID?: number | undefined;
  readonly maxID?: number | undefined;
};

/** The VIDs of `vlanTrunk` in the order given, from the whole network configuration. An item that names none adds none. */
export function readTrunk(config: unknown): Reading<readonly VidRange[]> {
  const { data, problems } = read(schema(), config);
  if (problems !== undefined) return { problems };
  const items = data.vlanTrunk ?? [];
  const wrong = items.flatMap((item, index) => {
    const problem = itemProblem(item);
    return problem === undefined ? [] : [problemLine(['vlanTrunk', index], item, problem)];
  });
  return wrong.length > 0 ? { problems: wrong } : { data: items.flatMap(rangesOf) };
}

function schema() {
  const vid = () => integer({ min: 1, max: 4094 });
  return fields({ vlanTrunk: () => list(fields({ id: vid, minID: vid, maxID: vid })) });
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
