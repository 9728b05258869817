import { describe, expect, test } from 'vitest';
import { formatMac } from '../../src/inet/mac.ts';
import {
  addStaticFdb,
  type FdbEntry,
  listBridgeFdb,
  listFdb,
  replaceStaticFdb,
} from '../../src/rtnetlink/bridge-fdb.ts';
import { bodiesOf, expectedLines, type Fixture, ifindexOf, linesOf, readFixture } from '../helpers/wire.ts';

const MAC = Buffer.from('020000000002', 'hex');
const PORT = { name: 'host0', ifindex: 3 };

test.each([
  ['addStaticFdb', addStaticFdb, 'add-fdb'],
  ['replaceStaticFdb', replaceStaticFdb, 'replace-fdb'],
])('%s sends what bridge sends', (_name, build, recording) => {
  const fixture = readFixture(recording);
  const request = build({ name: 'host0', ifindex: ifindexOf(fixture, 'host0') }, MAC);
  expect(linesOf(request)).toEqual(expectedLines(fixture));
});

describe('listFdb', () => {
  test('sends what bridge sends', () => {
    const fixture = readFixture('list-fdb');
    const request = listFdb({ name: 'host0', ifindex: ifindexOf(fixture, 'host0') });
    expect(linesOf(request)).toEqual(expectedLines(fixture));
  });

  test('sees what bridge sees', () => {
    const fixture = readFixture('list-fdb');
    const entries = listFdb(PORT).parse(bodiesOf(fixture));
    expect(entries.map(inWords)).toEqual(entriesSeenIn(fixture));
    expect(entries.length).toBeGreaterThan(10);
  });

  test('leaves out entries without an address', () => {
    expect(listFdb(PORT).parse([Buffer.alloc(12)])).toEqual([]);
  });

  test('refuses an entry that is cut short', () => {
    expect(() => listFdb(PORT).parse([Buffer.alloc(11)])).toThrow(
      'a message of 11 bytes, which holds 12 at least',
    );
  });
});

describe('listBridgeFdb', () => {
  const fixture = readFixture('list-bridge-fdb');
  const bridge = { name: 'vlanbr0', ifindex: ifindexOf(fixture, 'vlanbr0') };

  test('sends what bridge sends', () => {
    expect(linesOf(listBridgeFdb(bridge))).toEqual(expectedLines(fixture));
  });

  test('sees what bridge sees: what was learned, and what was not', () => {
    const entries = listBridgeFdb(bridge).parse(bodiesOf(fixture));
    expect(entries.map(inWords)).toEqual(entriesSeenIn(fixture));
    expect(new Set(entries.map(({ learned }) => learned))).toEqual(new Set([true, false]));
  });
});

test.each([
  [addStaticFdb(PORT, MAC), 'add static forwarding entries to port "host0"'],
  [replaceStaticFdb(PORT, MAC), 'move static forwarding entries to port "host0"'],
  [listFdb(PORT), 'list forwarding entries of port "host0"'],
  [listBridgeFdb({ name: 'vlanbr0', ifindex: 2 }), 'list forwarding entries of bridge "vlanbr0"'],
])('the operation of request %# is in words', ({ operation }, words) => {
  expect(operation).toBe(words);
});

function inWords({ mac, vid, learned }: FdbEntry) {
  return { mac: formatMac(mac), vlan: vid, learned };
}

/** The entries as `bridge -j fdb` shows them, in the order of the reply; one without a state that it names was learned. */
function entriesSeenIn({ observed }: Fixture) {
  type Entry = { readonly mac: string; readonly vlan?: number; readonly state: string };
  return (observed as readonly Entry[]).map(({ mac, vlan, state }) => ({ mac, vlan, learned: state === '' }));
}
