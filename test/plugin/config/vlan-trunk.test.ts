import { describe, expect, test } from 'vitest';
import { readSection } from '../../../src/cni/section.ts';
import { trunkRanges, vlanTrunkSchema } from '../../../src/plugin/config/vlan-trunk.ts';

function readTrunk(config: object) {
  const { data, problems } = readSection({ vlanTrunk: vlanTrunkSchema }, config);
  return problems.length > 0
    ? { problems: problems.map(({ line }) => line) }
    : { data: trunkRanges(data.vlanTrunk ?? []) };
}

describe('vlanTrunk', () => {
  test.each([
    ['no key as no trunk', {}, []],
    ['null as no trunk', { vlanTrunk: null }, []],
    ['an empty list as no trunk', { vlanTrunk: [] }, []],
    ['an item that names no VID as none', { vlanTrunk: [{}, { id: null }] }, []],
    [
      'single VIDs',
      { vlanTrunk: [{ id: 1 }, { id: 4094 }] },
      [
        [1, 1],
        [4094, 4094],
      ],
    ],
    ['ranges', { vlanTrunk: [{ minID: 1, maxID: 4094 }] }, [[1, 4094]]],
    ['a range of one', { vlanTrunk: [{ minID: 5, maxID: 5 }] }, [[5, 5]]],
    [
      'an item with both, in the order given',
      { vlanTrunk: [{ minID: 5, maxID: 6, id: 3 }, { id: 2 }] },
      [
        [3, 3],
        [5, 6],
        [2, 2],
      ],
    ],
    [
      'keys in any case',
      { VLANTRUNK: [{ minid: 5, MaxId: 6, ID: 3 }] },
      [
        [3, 3],
        [5, 6],
      ],
    ],
  ])('reads %s', (_what, config, ranges) => {
    expect(readTrunk(config)).toEqual({ data: ranges.map(([first, last]) => ({ first, last })) });
  });

  const vidRule = 'must be a whole number from 1 to 4094';
  test.each([
    ['null in the list', [null], ['vlanTrunk[0]: null: must be an object']],
    ['what is no list', {}, ['vlanTrunk: {}: must be a list']],
    [
      'VIDs outside of the range, all of them',
      [{ id: 0 }, { minID: 0, maxID: 4095 }],
      [
        `vlanTrunk[0].id: 0: ${vidRule}`,
        `vlanTrunk[1].minID: 0: ${vidRule}`,
        `vlanTrunk[1].maxID: 4095: ${vidRule}`,
      ],
    ],
    ['a VID as text', [{ id: '5' }], [`vlanTrunk[0].id: "5": ${vidRule}`]],
    [
      'a range without a start',
      [{ id: 3 }, { maxID: 9 }],
      ['vlanTrunk[1]: {"maxID":9}: minID is missing; a range has both minID and maxID'],
    ],
    [
      'a range without an end',
      [{ minID: 9 }],
      ['vlanTrunk[0]: {"minID":9}: maxID is missing; a range has both minID and maxID'],
    ],
    [
      'ranges that run backwards, all of them',
      [
        { minID: 9, maxID: 8 },
        { minID: 2, maxID: 1 },
      ],
      [
        'vlanTrunk[0]: {"minID":9,"maxID":8}: minID must not be greater than maxID',
        'vlanTrunk[1]: {"minID":2,"maxID":1}: minID must not be greater than maxID',
      ],
    ],
  ])('refuses %s', (_what, vlanTrunk, problems) => {
    expect(readTrunk({ vlanTrunk })).toEqual({ problems });
  });
});
