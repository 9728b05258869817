import { checked, fields, integer, list } from '../../cni/schema.ts';
import type { VidRange } from '../vlan/port-vlans.ts';

/** One item of `vlanTrunk`: a single VID, a range, or both. */
type TrunkItem = {
  readonly id?: number | undefined;
  readonly minID?: number | undefined;
  readonly maxID?: number | undefined;
};

/** The value of `vlanTrunk`: a list of items. */
export function vlanTrunkSchema() {
  const vid = () => integer({ min: 1, max: 4094 });
  return list(checked(fields({ id: vid, minID: vid, maxID: vid }), itemProblem));
}

/** Converts the items to ranges, in the same order. An item without a VID becomes no range. */
export function trunkRanges(items: readonly TrunkItem[]): readonly VidRange[] {
  return items.flatMap(({ id, minID, maxID }) => {
    const single = id === undefined ? [] : [{ first: id, last: id }];
    const range = minID === undefined || maxID === undefined ? [] : [{ first: minID, last: maxID }];
    return [...single, ...range];
  });
}

function itemProblem({ minID, maxID }: TrunkItem): string | undefined {
  if (minID === undefined && maxID === undefined) return undefined;
  if (minID === undefined) return 'minID is missing; a range has both minID and maxID';
  if (maxID === undefined) return 'maxID is missing; a range has both minID and maxID';
  return minID > maxID ? 'minID must not be greater than maxID' : undefined;
}
