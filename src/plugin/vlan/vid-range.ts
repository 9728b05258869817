import type { VlanEntry } from '../../rtnetlink/bridge-vlan.ts';
import type { VidRange } from './port-vlans.ts';

/** Converts ranges or entries to a set of at most 4,094 VIDs. */
export function vidSet(entries: readonly (VlanEntry | VidRange)[]): ReadonlySet<number> {
  const ranges = entries.map((entry) => ('vid' in entry ? { first: entry.vid, last: entry.endVid } : entry));
  const vids = new Set<number>();
  let next = 0;
  // Sorted, the loop adds each VID once. Unsorted, many overlapping ranges would take too long.
  for (const { first, last } of ranges.sort((a, b) => a.first - b.first)) {
    for (next = Math.max(next, first); next <= last; next += 1) vids.add(next);
  }
  return vids;
}

/** Converts VIDs to the smallest list of ranges, ascending. */
export function vidRanges(vids: Iterable<number>): readonly VidRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const vid of [...vids].sort((a, b) => a - b)) {
    const current = ranges.at(-1);
    if (current !== undefined && vid <= current.last + 1) current.last = vid;
    else ranges.push({ first: vid, last: vid });
  }
  return ranges;
}

/** Converts the ranges to tagged VLAN entries of a port. */
export function taggedEntries(ranges: readonly VidRange[]): readonly VlanEntry[] {
  return ranges.map(({ first, last }) => ({ vid: first, endVid: last, pvid: false, untagged: false }));
}

/** Formats ranges as `100, 200-210`; an empty list as `none`. */
export function formatRanges(ranges: readonly VidRange[]): string {
  return (
    ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ') || 'none'
  );
}
