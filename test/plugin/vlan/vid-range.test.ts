import { describe, expect, test } from 'vitest';
import { formatRanges, taggedEntries, vidRanges, vidSet } from '../../../src/plugin/vlan/vid-range.ts';

describe('vidSet', () => {
  test.each([
    ['nothing', [], []],
    [
      'ranges, whichever way they overlap',
      [range(200, 203), range(100, 100), range(202, 205)],
      [100, 200, 201, 202, 203, 204, 205],
    ],
    [
      'entries of a port, whatever their flags',
      [
        { vid: 1, endVid: 1, pvid: true, untagged: true },
        { vid: 7, endVid: 9, pvid: false, untagged: false },
      ],
      [1, 7, 8, 9],
    ],
  ])('holds every VID of %s', (_what, given, vids) => {
    expect([...vidSet(given)]).toEqual(vids);
  });

  test('holds one that lies in another, and what comes after both', () => {
    expect([...vidSet([range(5, 9), range(6, 7), range(9, 10)])]).toEqual([5, 6, 7, 8, 9, 10]);
  });

  test('holds all 4,094', () => {
    expect(vidSet([range(1, 4094)]).size).toBe(4094);
  });
});

describe('vidRanges', () => {
  test.each([
    [[], []],
    [[7], [range(7, 7)]],
    [[3, 1, 2], [range(1, 3)]],
    [
      [1, 3, 4, 6],
      [range(1, 1), range(3, 4), range(6, 6)],
    ],
    [[5, 5, 6, 6], [range(5, 6)]],
    // As text, 1000 would come before 999.
    [[1000, 999], [range(999, 1000)]],
  ])('makes of %j the fewest ranges, ascending', (vids, ranges) => {
    expect(vidRanges(vids)).toEqual(ranges);
  });

  test.each([[[range(1, 4094)]], [[range(1, 1), range(3, 4094)]]])('gives back %j', (ranges) => {
    expect(vidRanges(vidSet(ranges))).toEqual(ranges);
  });
});

test('taggedEntries makes an entry of each range', () => {
  expect(taggedEntries([range(100, 100), range(200, 210)])).toEqual([
    { vid: 100, endVid: 100, pvid: false, untagged: false },
    { vid: 200, endVid: 210, pvid: false, untagged: false },
  ]);
});

test.each([
  [[], 'none'],
  [[range(100, 100)], '100'],
  [[range(100, 100), range(200, 210)], '100, 200-210'],
])('formatRanges words %j', (ranges, words) => {
  expect(formatRanges(ranges)).toBe(words);
});

function range(first: number, last: number) {
  return { first, last };
}
