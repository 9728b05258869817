import type { VlanEntry } from '../../rtnetlink/bridge-vlan.ts';
import type { VidRange } from './port-vlans.ts';

/** The VIDs of ranges or entries as a set of numbers: 4,094 at the most. */
export function vidSet(entries: readonly (VlanEntry | VidRange)[]): ReadonlySet<number> {
  const ranges = entries.map((entry) => ('vid' in entry ? { first: entry.vid, last: entry.endVid } : entry));
  const vids = new Set<number>();
  let next = 0;
  // In order, each VID is met once, however many ranges hold it.
  for (const { first, last } of ranges.sort((a, b) => a.first - b.first)) {
    for (next = Math.max(next, first); next <= last; next += 1) vids.add(next);
  }
  return vids;
}

/** The fewest ranges that hold exactly these VIDs, ascending. */
export function vidRanges(vids: Iterable<number>): readonly VidRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const vid of [...vids].sort((a, b) => a - b)) {
    const current = ranges.at(-1);
    if (current !== undefined && vid <= current.last + 1) current.last = vid;
    else ranges.push({ first: vid, last: vid });
  }
  return ranges;
}

/** The ranges as tagged entries of a port. */
export function taggedEntries(ranges: readonly VidRange[]): readonly VlanEntry[] {
  return ranges.map(({ first, last }) => ({ vid: first, endVid: last, pvid: false, untagged: false }));
}

/** `100, 200-210`; `none` for none. */
export function formatRanges(ranges: readonly VidRange[]): string {
  return (
    ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ') || 'none'
  );
}
