import { describe, expect, test } from 'vitest';
import {
  deleteLink,
  getLink,
  getLinkByIndex,
  type Link,
  parseLink,
  setAlias,
  setLinkUp,
  setVlanFiltering,
} from '../../src/rtnetlink/link.ts';
import { bodiesOf, expectedLines, type Fixture, ifindexOf, linesOf, readFixture } from '../helpers/wire.ts';

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

test('deleteLink sends what ip sends', () => {
  const fixture = readFixture('delete-link');
  const request = deleteLink({ name: 'dummy0', ifindex: ifindexOf(fixture, 'dummy0') });
  expect(linesOf(request)).toEqual(expectedLines(fixture));
});

test.each([
  [getLink('host0'), 'look up link "host0"'],
  [getLinkByIndex(7), 'look up link 7'],
  [setLinkUp({ name: 'host0', ifindex: 7 }, true), 'set link "host0" up'],
  [setLinkUp({ name: 'host0', ifindex: 7 }, false), 'set link "host0" down'],
  [setAlias({ name: 'host0', ifindex: 7 }, 'owner'), 'set alias of link "host0"'],
  [setVlanFiltering({ name: 'vlanbr0', ifindex: 7 }, true), 'set vlan_filtering of bridge "vlanbr0" to 1'],
  [deleteLink({ name: 'host0', ifindex: 7 }), 'delete link "host0"'],
])('the step of request %# is in words', ({ step }, words) => {
  expect(step).toBe(words);
});

describe('parseLink', () => {
  test.each([
    ['get-link-port'],
    ['get-link-port-up'],
    ['get-link-by-index'],
    ['get-link-bridge'],
    ['get-link-bridge-stp'],
    ['get-link-dummy'],
    ['get-link-lo'],
  ])('sees what ip sees: %s', (name) => {
    const fixture = readFixture(name);
    expect(bodiesOf(fixture).map(parseLink)).toEqual([linkOf(fixture)]);
  });

  test('knows no VLAN filtering where the kernel has none', () => {
    const [body = Buffer.alloc(0)] = bodiesOf(readFixture('get-link-bridge'));
    expect(parseLink(withoutVlanFiltering(body)).bridge).toEqual({
      vlanFiltering: undefined,
      defaultPvid: 0,
      stp: false,
    });
  });

  test.each([
    ['within the fixed part', 15],
    ['within an attribute', 21],
  ])('refuses a message that ends %s', (_, length) => {
    const [body = Buffer.alloc(0)] = bodiesOf(readFixture('get-link-lo'));
    expect(() => parseLink(body.subarray(0, length))).toThrow();
  });
});

/** `ip -d -j link show` in our words. */
function linkOf({ observed, ifindexes }: Fixture): Link {
  const [link] = observed as readonly IpLink[];
  if (link === undefined) throw new Error('ip showed no link');
  const { info_kind: kind, info_data: data, info_slave_data: port } = link.linkinfo ?? {};
  const states = ['disabled', 'listening', 'learning', 'forwarding', 'blocking'];
  return {
    ifindex: link.ifindex,
    name: link.ifname,
    up: link.flags.includes('UP'),
    mac: link.address,
    mtu: link.mtu,
    kind,
    master: link.master === undefined ? undefined : ifindexes[link.master],
    peerIfindex: link.link_index,
    alias: link.ifalias,
    bridge:
      kind === 'bridge' && data !== undefined
        ? {
            vlanFiltering: data.vlan_filtering === 1,
            defaultPvid: data.vlan_default_pvid,
            stp: data.stp_state !== 0,
          }
        : undefined,
    portState: port === undefined ? undefined : states.indexOf(port.state),
  };
}

type IpLink = {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly address: string;
  readonly mtu: number;
  readonly master?: string;
  readonly link_index?: number;
  readonly ifalias?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: { vlan_filtering: number; vlan_default_pvid: number; stp_state: number };
    readonly info_slave_data?: { state: string };
  };
};

/** As a kernel without CONFIG_BRIDGE_VLAN_FILTERING answers: IFLA_BR_VLAN_FILTERING and _DEFAULT_PVID become attributes unknown to us. */
function withoutVlanFiltering(body: Buffer): Buffer {
  const hex = body.toString('hex');
  expect(hex.split('0500070001000000')).toHaveLength(2);
  return Buffer.from(
    hex.replace('0500070001000000', '0500ff3f01000000').replace('0600270000000000', '0600ff3f00000000'),
    'hex',
  );
}
