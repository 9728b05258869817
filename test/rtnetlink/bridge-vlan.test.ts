import { describe, expect, test } from 'vitest';
import { encodeMessage } from '../../src/netlink/message.ts';
import {
  addVlans,
  delVlans,
  formatVlans,
  joinEntries,
  listAllVlans,
  listVlans,
  type VlanEntry,
} from '../../src/rtnetlink/bridge-vlan.ts';
import {
  bodiesOf,
  expectedLines,
  type Fixture,
  hexLines,
  ifindexOf,
  linesOf,
  readFixture,
} from '../helpers/wire.ts';

const ACCESS = { vid: 2001, endVid: 2001, pvid: true, untagged: true };
const TAGGED = { vid: 100, endVid: 100, pvid: false, untagged: false };
const RANGE = { vid: 200, endVid: 210, pvid: false, untagged: false };
const PORT = { name: 'host0', ifindex: 3 };

test.each([
  ['add-vlan-access', addVlans, ACCESS],
  ['add-vlan-tagged', addVlans, TAGGED],
  ['add-vlan-range', addVlans, RANGE],
  ['del-vlan', delVlans, TAGGED],
  ['del-vlan-range', delVlans, RANGE],
])('a change sends what bridge sends: %s', (name, change, entry) => {
  const fixture = readFixture(name);
  const request = change({ name: 'host0', ifindex: ifindexOf(fixture, 'host0') }, [entry]);
  expect(linesOf(request)).toEqual(expectedLines(fixture));
});

test('addVlans sends the entries of several bridge commands in one request', () => {
  const [access, tagged, range] = ['add-vlan-access', 'add-vlan-tagged', 'add-vlan-range'].map(readFixture);
  if (access === undefined || tagged === undefined || range === undefined) throw new Error('no fixtures');
  const entries = Buffer.concat([entriesOf(access), entriesOf(tagged), entriesOf(range)]);
  const expected = Buffer.concat([access.request.subarray(0, ENTRIES_OFFSET), entries]);
  expected.writeUInt32LE(expected.length, 0);
  expected.writeUInt16LE(expected.length - SPEC_OFFSET, SPEC_OFFSET);
  expect(hexLines(encodeMessage(addVlans(PORT, [ACCESS, TAGGED, RANGE]), 1))).toEqual(hexLines(expected));
});

test.each([
  [addVlans(PORT, [ACCESS, TAGGED, RANGE]), 'add VLAN 2001 pvid untagged, 100, 200-210 to port "host0"'],
  [delVlans(PORT, [RANGE]), 'remove VLAN 200-210 from port "host0"'],
  [listVlans(PORT), 'list VLANs of port "host0"'],
  [listAllVlans(), 'list VLANs of all ports'],
])('the operation of request %# is in words', ({ operation }, words) => {
  expect(operation).toBe(words);
});

describe('listVlans', () => {
  // No iproute2 command asks for one port only, so this request is recorded from a C program that fills struct br_vlan_msg.
  test('sends the message of the C headers', () => {
    const fixture = readFixture('list-vlans');
    const request = listVlans({ name: 'host0', ifindex: ifindexOf(fixture, 'host0') });
    expect(linesOf(request)).toEqual(expectedLines(fixture));
  });

  test.each([['list-vlans'], ['list-vlans-none'], ['list-vlans-all']])(
    'sees what bridge sees: %s',
    (name) => {
      const fixture = readFixture(name);
      expect(listVlans(PORT).parse(bodiesOf(fixture))).toEqual(entriesSeenIn(fixture));
    },
  );

  test('of all ports at once sees what bridge sees', () => {
    const fixture = readFixture('list-all-vlans');
    expect(linesOf(listAllVlans())).toEqual(expectedLines(fixture));
    const shown = (fixture.observed as readonly { ifname: string }[]).map(
      (port) => [ifindexOf(fixture, port.ifname), entriesSeenIn({ ...fixture, observed: [port] })] as const,
    );
    expect(listAllVlans().parse(bodiesOf(fixture))).toEqual(new Map(shown));
  });

  test('refuses an entry without a VLAN', () => {
    const entry = Buffer.from('0c0001800600020010000000', 'hex');
    const body = Buffer.concat([Buffer.alloc(8), entry]);
    expect(() => listVlans(PORT).parse([body])).toThrow('a VLAN entry without BRIDGE_VLANDB_ENTRY_INFO');
  });
});

describe('joinEntries', () => {
  test.each([
    ['nothing', [], []],
    ['neighbours with the same flags', [tagged(10), tagged(11, 12)], [tagged(10, 12)]],
    ['entries out of order', [tagged(12), tagged(10), tagged(11)], [tagged(10, 12)]],
    ['entries that overlap', [tagged(10, 20), tagged(15, 18)], [tagged(10, 20)]],
    ['an entry that stands twice', [tagged(10), tagged(10)], [tagged(10)]],
    ['entries with a gap', [tagged(10), tagged(12)], [tagged(10), tagged(12)]],
    [
      'neighbours with other flags',
      [tagged(10), access(11), tagged(12)],
      [tagged(10), access(11), tagged(12)],
    ],
  ])('of %s', (_, entries, joined) => {
    expect(joinEntries(entries)).toEqual(joined);
  });

  test('leaves its argument alone', () => {
    const entries = [tagged(12), tagged(11)];
    joinEntries(entries);
    expect(entries).toEqual([tagged(12), tagged(11)]);
  });
});

test.each([
  [[], 'none'],
  [[TAGGED], '100'],
  [[RANGE, ACCESS], '200-210, 2001 pvid untagged'],
  [[{ ...TAGGED, untagged: true }], '100 untagged'],
  [[{ ...TAGGED, pvid: true }], '100 pvid'],
])('formatVlans of list %# is %s', (entries, text) => {
  expect(formatVlans(entries)).toBe(text);
});

/** struct nlmsghdr, struct ifinfomsg. */
const SPEC_OFFSET = 16 + 16;
/** The header of IFLA_AF_SPEC. */
const ENTRIES_OFFSET = SPEC_OFFSET + 4;

function entriesOf({ request }: Fixture): Buffer {
  return request.subarray(ENTRIES_OFFSET);
}

function tagged(vid: number, endVid = vid): VlanEntry {
  return { vid, endVid, pvid: false, untagged: false };
}

function access(vid: number): VlanEntry {
  return { vid, endVid: vid, pvid: true, untagged: true };
}

/** `bridge -j vlan show dev PORT` in our words. */
function entriesSeenIn({ observed }: Fixture): readonly VlanEntry[] {
  type BridgeVlan = { vlan: number; vlanEnd?: number; flags?: readonly string[] };
  return (observed as readonly { vlans: readonly BridgeVlan[] }[])
    .flatMap(({ vlans }) => vlans)
    .map(({ vlan, vlanEnd = vlan, flags = [] }) => ({
      vid: vlan,
      endVid: vlanEnd,
      pvid: flags.includes('PVID'),
      untagged: flags.includes('Egress Untagged'),
    }));
}
