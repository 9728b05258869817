import { describe, expect, test } from 'vitest';
import { portVlans, type VlanConf, wantsVlans } from '../../../src/plugin/vlan/port-vlans.ts';
import { formatVlans } from '../../../src/rtnetlink/bridge-vlan.ts';

const none: VlanConf = { vlan: 0, vlanTrunk: [], preserveDefaultVlan: false };
const trunk = [
  { first: 200, last: 210 },
  { first: 300, last: 300 },
];

describe('wantsVlans', () => {
  test.each([
    ['vlan', { ...none, vlan: 100 }, true],
    ['a trunk', { ...none, vlanTrunk: trunk }, true],
    ['neither', none, false],
    ['preserveDefaultVlan alone', { ...none, preserveDefaultVlan: true }, false],
  ])('with %s is %o: %s', (_what, conf, wanted) => {
    expect(wantsVlans(conf)).toBe(wanted);
  });
});

describe('portVlans', () => {
  test.each([
    ['vlan is the PVID, untagged, alone', { ...none, vlan: 100 }, 1, '100 pvid untagged'],
    ['the same where the bridge has no default', { ...none, vlan: 100 }, 0, '100 pvid untagged'],
    ['vlan 1 on a bridge whose default it is', { ...none, vlan: 1 }, 1, '1 pvid untagged'],
    ['a trunk is tagged only, without VLAN 1', { ...none, vlanTrunk: trunk }, 1, '200-210, 300'],
    [
      'a trunk that has the default VID gets it tagged',
      { ...none, vlanTrunk: [{ first: 1, last: 2 }] },
      1,
      '1-2',
    ],
    ['vlan and trunk', { ...none, vlan: 100, vlanTrunk: trunk }, 1, '100 pvid untagged, 200-210, 300'],
    [
      'vlan inside of the trunk stays the PVID',
      { ...none, vlan: 205, vlanTrunk: trunk },
      1,
      '200-204, 205 pvid untagged, 206-210, 300',
    ],
    [
      'vlan at the start of a range',
      { ...none, vlan: 200, vlanTrunk: trunk },
      1,
      '200 pvid untagged, 201-210, 300',
    ],
    [
      'vlan at the end of a range',
      { ...none, vlan: 210, vlanTrunk: trunk },
      1,
      '200-209, 210 pvid untagged, 300',
    ],
    ['vlan that is a whole range', { ...none, vlan: 300, vlanTrunk: trunk }, 1, '200-210, 300 pvid untagged'],
    [
      'a trunk out of order, overlapping and repeated',
      {
        ...none,
        vlanTrunk: [
          { first: 12, last: 20 },
          { first: 5, last: 5 },
          { first: 1, last: 1 },
          { first: 5, last: 12 },
          { first: 21, last: 21 },
        ],
      },
      0,
      '1, 5-21',
    ],
    ['every VID', { ...none, vlanTrunk: [{ first: 1, last: 4094 }] }, 1, '1-4094'],
    [
      'every VID around vlan',
      { ...none, vlan: 100, vlanTrunk: [{ first: 1, last: 4094 }] },
      1,
      '1-99, 100 pvid untagged, 101-4094',
    ],
    [
      'a preserved default beside vlan loses the PVID, stays untagged',
      { ...none, vlan: 100, preserveDefaultVlan: true },
      1,
      '1 untagged, 100 pvid untagged',
    ],
    [
      'a preserved default beside a trunk stays PVID',
      { ...none, vlanTrunk: trunk, preserveDefaultVlan: true },
      1,
      '1 pvid untagged, 200-210, 300',
    ],
    [
      'a preserved default that is vlan too',
      { ...none, vlan: 7, preserveDefaultVlan: true },
      7,
      '7 pvid untagged',
    ],
    [
      'a preserved default inside of the trunk stays untagged',
      { vlan: 100, vlanTrunk: [{ first: 1, last: 3 }], preserveDefaultVlan: true },
      2,
      '1, 2 untagged, 3, 100 pvid untagged',
    ],
    [
      'nothing to preserve where the bridge has no default',
      { ...none, vlan: 100, preserveDefaultVlan: true },
      0,
      '100 pvid untagged',
    ],
    ['no VLANs asked: the default of the bridge', none, 20, '20 pvid untagged'],
    ['no VLANs asked and no default: none', none, 0, 'none'],
  ])('%s', (_what, conf, defaultPvid, vlans) => {
    expect(formatVlans(portVlans(conf, defaultPvid))).toBe(vlans);
  });

  test('gives entries with single VIDs written as ranges of one', () => {
    expect(portVlans({ ...none, vlan: 100, vlanTrunk: trunk }, 1)).toEqual([
      { vid: 100, endVid: 100, pvid: true, untagged: true },
      { vid: 200, endVid: 210, pvid: false, untagged: false },
      { vid: 300, endVid: 300, pvid: false, untagged: false },
    ]);
  });
});
