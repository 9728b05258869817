import { describe, expect, test } from 'vitest';
import { formatMac } from '../../src/inet/mac.ts';
import { addStaticFdb, listFdb } from '../../src/rtnetlink/bridge-fdb.ts';
import { bodiesOf, expectedLines, type Fixture, ifindexOf, linesOf, readFixture } from '../helpers/wire.ts';

const MAC = Buffer.from('020000000002', 'hex');
const PORT = { name: 'host0', ifindex: 3 };

test('addStaticFdb sends what bridge sends', () => {
  const fixture = readFixture('add-fdb');
  const request = addStaticFdb({ name: 'host0', ifindex: ifindexOf(fixture, 'host0') }, MAC);
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
    expect(entries.map(({ mac, vid }) => ({ mac: formatMac(mac), vlan: vid }))).toEqual(
      entriesSeenIn(fixture),
    );
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

test.each([
  [addStaticFdb(PORT, MAC), 'add static forwarding entries to port "host0"'],
  [listFdb(PORT), 'list forwarding entries of port "host0"'],
])('the step of request %# is in words', ({ step }, words) => {
  expect(step).toBe(words);
});

/** The entries as `bridge -j fdb` shows them, in the order of the reply. */
function entriesSeenIn({ observed }: Fixture) {
  const entries = observed as readonly { readonly mac: string; readonly vlan?: number }[];
  return entries.map(({ mac, vlan }) => ({ mac, vlan }));
}
