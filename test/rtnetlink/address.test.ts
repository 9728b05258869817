import { describe, expect, test } from 'vitest';
import { formatCidr, parseCidr } from '../../src/inet/cidr.ts';
import { attribute } from '../../src/netlink/message.ts';
import { addAddress, delAddress, listAddresses } from '../../src/rtnetlink/address.ts';
import { bodiesOf, expectedLines, type Fixture, ifindexOf, linesOf, readFixture } from '../helpers/wire.ts';

const LINK = { name: 'dummy0', ifindex: 2 };

test.each([
  ['add-address-4', '10.20.1.11/24'],
  ['add-address-4-host', '10.20.1.11/32'],
  ['add-address-6', 'fd00:20::11/64'],
])('addAddress sends what ip sends: %s', (name, cidr) => {
  const fixture = readFixture(name);
  const request = addAddress({ name: 'dummy0', ifindex: ifindexOf(fixture, 'dummy0') }, cidrOf(cidr));
  expect(linesOf(request)).toEqual(expectedLines(fixture));
});

test('addAddress sends what ip sends for an address that is not to be probed', () => {
  const fixture = readFixture('add-address-6-nodad');
  const link = { name: 'dummy0', ifindex: ifindexOf(fixture, 'dummy0') };
  const request = addAddress(link, cidrOf('fd00:20::1/64'), { nodad: true });
  expect(linesOf(request)).toEqual(expectedLines(fixture));
});

test.each([
  ['del-address-4', '10.20.1.11/24'],
  ['del-address-6', 'fd00:20::11/64'],
])('delAddress sends what ip sends: %s', (name, cidr) => {
  const fixture = readFixture(name);
  const request = delAddress({ name: 'dummy0', ifindex: ifindexOf(fixture, 'dummy0') }, cidrOf(cidr));
  expect(linesOf(request)).toEqual(expectedLines(fixture));
});

test.each([
  [addAddress(LINK, cidrOf('10.20.1.11/24')), 'add address "10.20.1.11/24" to link "dummy0"'],
  [delAddress(LINK, cidrOf('10.20.1.11/24')), 'remove address "10.20.1.11/24" from link "dummy0"'],
])('the operation of request %# names address and link', ({ operation }, words) => {
  expect(operation).toBe(words);
});

describe('listAddresses', () => {
  test('sends what ip sends', () => {
    const fixture = readFixture('list-addresses');
    const request = listAddresses({ name: 'dummy0', ifindex: ifindexOf(fixture, 'dummy0') });
    expect(linesOf(request)).toEqual(expectedLines(fixture));
    expect(request.operation).toBe('list addresses of link "dummy0"');
  });

  test.each([['list-addresses'], ['list-addresses-tentative'], ['list-addresses-duplicate']])(
    'sees what ip sees: %s',
    (name) => {
      const fixture = readFixture(name);
      const seen = listAddresses(LINK)
        .parse(bodiesOf(fixture))
        .map(({ cidr, ...flags }) => ({ cidr: formatCidr(cidr), ...flags }));
      expect(seen).toEqual(addressesSeenIn(fixture));
    },
  );

  test('refuses an address without an address', () => {
    expect(() => listAddresses(LINK).parse([addressMessage({ family: 2 })])).toThrow(
      'an address without IFA_LOCAL and IFA_ADDRESS',
    );
  });

  test.each([
    ['an IPv4 address of 3 bytes', { family: 2, bytes: 3 }],
    ['an IPv6 address of 4 bytes', { family: 10, bytes: 4 }],
    ['an IPv4 prefix of 33 bits', { family: 2, prefixLength: 33, bytes: 4 }],
  ])('refuses %s', (problem, parts) => {
    expect(() => listAddresses(LINK).parse([addressMessage(parts)])).toThrow(problem);
  });

  test('leaves out addresses of families that are not IP', () => {
    const mctp = addressMessage({ family: 45, bytes: 1 });
    expect(listAddresses(LINK).parse([mctp])).toEqual([]);
  });
});

/** struct ifaddrmsg, and IFA_LOCAL where there are bytes for it. */
function addressMessage({
  family,
  prefixLength = 0,
  bytes = 0,
}: {
  family: number;
  prefixLength?: number;
  bytes?: number;
}): Buffer {
  const local = bytes === 0 ? Buffer.alloc(0) : attribute(2, Buffer.alloc(bytes));
  return Buffer.concat([Buffer.from([family, prefixLength, 0, 0, 3, 0, 0, 0]), local]);
}

function cidrOf(text: string) {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new Error(`"${text}" is no address`);
  return cidr;
}

/** `ip -j address show` in our words. */
function addressesSeenIn({ observed }: Fixture) {
  type IpAddress = { local: string; prefixlen: number; scope: string; tentative?: true; dadfailed?: true };
  return (observed as readonly { addr_info: readonly IpAddress[] }[])
    .flatMap(({ addr_info }) => addr_info)
    .map(({ local, prefixlen, scope, tentative = false, dadfailed = false }) => ({
      cidr: `${local}/${prefixlen}`,
      global: scope === 'global',
      tentative,
      dadFailed: dadfailed,
    }));
}
