import { describe, expect, test } from 'vitest';
import {
  deleteLink,
  getLink,
  getLinkByIndex,
  listLinks,
  listPorts,
  setAlias,
  setLinkUp,
  setMac,
  setMaster,
  setMtu,
  setPromiscuous,
  setVlanFiltering,
} from '../../src/rtnetlink/link.ts';
import { bodiesOf, expectedLines, ifindexOf, linesOf, readFixture } from '../helpers/wire.ts';

const DIFFERENCES = [
  { why: 'an acknowledgement tells where the answer ends', from: '12000100', to: '12000500' },
  { why: 'virtual functions do not matter to us', from: '08001d0009000000', to: '08001d0008000000' },
];

describe('getLink', () => {
  test('sends what ip sends', () => {
    expect(linesOf(getLink('host0'))).toEqual(expectedLines(readFixture('get-link-port'), DIFFERENCES));
  });

  test.each([[0], [2]])('refuses %i links for an answer', (count) => {
    const replies = Array.from({ length: count }, () => Buffer.alloc(16));
    expect(() => getLink('host0').parse(replies)).toThrow(`${count} replies where one was expected`);
  });
});

test('getLinkByIndex sends what ip sends', () => {
  const fixture = readFixture('get-link-by-index');
  const request = getLinkByIndex(ifindexOf(fixture, 'vlanbr0'));
  expect(linesOf(request)).toEqual(expectedLines(fixture, DIFFERENCES));
});

test.each([
  ['set-link-up', 'dummy0', setLinkUp, true],
  ['set-link-down', 'dummy0', setLinkUp, false],
  ['set-vlan-filtering-on', 'vlanbr0', setVlanFiltering, true],
  ['set-vlan-filtering-off', 'vlanbr0', setVlanFiltering, false],
] as const)('a change sends what ip sends: %s', (fixtureName, name, change, value) => {
  const fixture = readFixture(fixtureName);
  const request = change({ name, ifindex: ifindexOf(fixture, name) }, value);
  expect(linesOf(request)).toEqual(expectedLines(fixture));
});

test('setAlias sends what ip sends', () => {
  const fixture = readFixture('set-alias');
  const request = setAlias(
    { name: 'dummy0', ifindex: ifindexOf(fixture, 'dummy0') },
    'vlan-2001/0123456789ab/net1',
  );
  expect(linesOf(request)).toEqual(expectedLines(fixture));
});

test.each([
  ['set-promisc-on', true],
  ['set-promisc-off', false],
])('setPromiscuous sends what ip sends: %s', (name, on) => {
  const fixture = readFixture(name);
  const request = setPromiscuous({ name: 'vlanbr0', ifindex: ifindexOf(fixture, 'vlanbr0') }, on);
  expect(linesOf(request)).toEqual(expectedLines(fixture));
});

test('setMac sends what ip sends', () => {
  const fixture = readFixture('set-mac');
  const link = { name: 'vlanbr0', ifindex: ifindexOf(fixture, 'vlanbr0') };
  expect(linesOf(setMac(link, Buffer.from('02000000000a', 'hex')))).toEqual(expectedLines(fixture));
});

test('setMtu sends what ip sends', () => {
  const fixture = readFixture('set-mtu');
  const request = setMtu({ name: 'dummy0', ifindex: ifindexOf(fixture, 'dummy0') }, 9000);
  expect(linesOf(request)).toEqual(expectedLines(fixture));
});

test('setMaster sends what ip sends, to put a link into a bridge and to take it out', () => {
  const into = readFixture('set-master');
  const link = { name: 'dummy0', ifindex: ifindexOf(into, 'dummy0') };
  const bridge = { name: 'vlanbr0', ifindex: ifindexOf(into, 'vlanbr0') };
  expect(linesOf(setMaster(link, bridge))).toEqual(expectedLines(into));
  const out = readFixture('set-master-none');
  const port = { name: 'host0', ifindex: ifindexOf(out, 'host0') };
  expect(linesOf(setMaster(port, undefined))).toEqual(expectedLines(out));
});

test.each([
  ['list-veths', 'veth', '0c0012000800010076657468'],
  ['list-vlan-devices', 'vlan', '0c00120008000100766c616e'],
] as const)('listLinks sends what ip sends: %s', (name, kind, infoKind) => {
  const differences = [
    {
      why: 'ip writes AF_PACKET, which the kernel takes for none',
      from: '1100000000000000',
      to: '0000000000000000',
    },
    {
      why: 'statistics and virtual functions do not matter to us, and the kind stands first',
      from: `08001d0001000000${infoKind}`,
      to: `${infoKind}08001d0008000000`,
    },
  ];
  expect(linesOf(listLinks(kind))).toEqual(expectedLines(readFixture(name), differences));
});

test('listPorts sends what ip sends, and sees the ports that ip sees', () => {
  const fixture = readFixture('list-ports');
  const request = listPorts({ name: 'vlanbr0', ifindex: ifindexOf(fixture, 'vlanbr0') });
  const differences = [
    {
      why: 'ip writes AF_PACKET, which the kernel takes for none',
      from: '1100000000000000',
      to: '0000000000000000',
    },
    {
      why: 'statistics and virtual functions do not matter to us, and the master stands first',
      from: '08001d000100000008000a0002000000',
      to: '08000a000200000008001d0008000000',
    },
  ];
  expect(linesOf(request)).toEqual(expectedLines(fixture, differences));
  const shown = fixture.observed as readonly { ifindex: number }[];
  expect(request.parse(bodiesOf(fixture))).toEqual(shown.map(({ ifindex }) => ifindex));
});

test('listLinks sees the links that ip sees', () => {
  const fixture = readFixture('list-veths');
  const shown = fixture.observed as readonly { ifname: string; ifalias?: string }[];
  const links = listLinks('veth').parse(bodiesOf(fixture));
  expect(links.map(({ name, alias }) => ({ ifname: name, ifalias: alias }))).toEqual(
    shown.map(({ ifname, ifalias }) => ({ ifname, ifalias })),
  );
  expect(links.map(({ kind }) => kind)).toEqual(['veth']);
});

test('deleteLink sends what ip sends', () => {
  const fixture = readFixture('delete-link');
  const request = deleteLink({ name: 'dummy0', ifindex: ifindexOf(fixture, 'dummy0') });
  expect(linesOf(request)).toEqual(expectedLines(fixture));
});

const host = { name: 'host0', ifindex: 7 };
const bridge = { name: 'vlanbr0', ifindex: 2 };
test.each([
  [getLink('host0'), 'look up link "host0"'],
  [getLinkByIndex(7), 'look up link 7'],
  [listPorts(bridge), 'list ports of bridge "vlanbr0"'],
  [listLinks('vlan'), 'list vlan links'],
  [setMaster(host, bridge), 'put link "host0" into bridge "vlanbr0"'],
  [setMaster(host, undefined), 'take link "host0" out of its bridge'],
  [setMtu(host, 9000), 'set MTU of link "host0" to 9000'],
  [setMac(host, Buffer.alloc(6)), 'set address of link "host0"'],
  [setLinkUp(host, true), 'set link "host0" up'],
  [setLinkUp(host, false), 'set link "host0" down'],
  [setPromiscuous(bridge, true), 'set link "vlanbr0" promiscuous on'],
  [setPromiscuous(bridge, false), 'set link "vlanbr0" promiscuous off'],
  [setAlias(host, 'owner'), 'set alias of link "host0"'],
  [setVlanFiltering(bridge, true), 'set vlan_filtering of bridge "vlanbr0" to 1'],
  [deleteLink(host), 'delete link "host0"'],
])('the operation of request %# is in words', ({ operation }, words) => {
  expect(operation).toBe(words);
});
