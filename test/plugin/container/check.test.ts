import { describe, expect, test } from 'vitest';
import type { Result } from '../../../src/cni/result.ts';
import { type Cidr, type Ip, parseCidr, parseIp } from '../../../src/inet/cidr.ts';
import { checkContainer } from '../../../src/plugin/container/check.ts';
import { absent, fakeKernel } from '../fake-kernel.ts';
import { confOf, containerLink as link } from '../links.ts';

const sandbox = '/run/netns/blue';
const healthy: Result = {
  interfaces: [{ name: 'vlanbr0' }, { name: 'veth0' }, { name: 'net1', mac: link.mac, sandbox }],
  ips: [
    { address: '10.20.1.11/24', interface: 2 },
    { address: 'fd00:20::11/64', interface: 2 },
  ],
  routes: [
    { dst: '0.0.0.0/0', gw: '10.20.1.1' },
    { dst: '10.9.0.0/16', gw: '10.20.1.1', table: 7, priority: 5 },
  ],
  dns: {},
};

const cidr = (text: string) => parseCidr(text) as Cidr;
const entry = (text: string) => ({ cidr: cidr(text), tentative: false, dadFailed: false });
const route = (dst: string, gw: string | undefined, priority = 0) => ({
  dst: cidr(dst),
  gw: gw === undefined ? undefined : (parseIp(gw) as Ip),
  priority,
});
const kernel = {
  'list addresses of link "net1"': [entry('fe80::1/64'), entry('10.20.1.11/24'), entry('fd00:20::11/64')],
  'list IPv4 routes of table 254': [route('0.0.0.0/0', '10.20.1.1')],
  'list IPv4 routes of table 7': [route('10.9.0.0/16', '10.20.1.1', 5)],
};

/** CHECK where the kernel and the result are as above but for these. */
function findingsOf({
  found = link,
  shown = {},
  result = {},
  keys = {},
}: {
  found?: typeof link;
  shown?: object;
  result?: Partial<Result>;
  keys?: object;
}): readonly string[] {
  const { socket } = fakeKernel({ ...kernel, ...shown });
  return checkContainer(socket, found, { conf: confOf(keys), prevResult: { ...healthy, ...result } });
}

describe('checkContainer has nothing against', () => {
  test.each([
    ['what ADD has left', {}],
    [
      'a result without links, as 0.2.0 has them',
      { result: { interfaces: [], ips: [{ address: '10.20.1.11/24' }] } },
    ],
    [
      'links and addresses of other plugins',
      {
        result: {
          interfaces: [...healthy.interfaces, { name: 'tap0', sandbox }],
          ips: [{ address: '192.0.2.1/24', interface: 3 }],
        },
      },
    ],
    ['an address in another spelling', { result: { ips: [{ address: 'FD00:20:0::11/64', interface: 2 }] } }],
    [
      'a MAC in another spelling',
      { result: { interfaces: [{ name: 'net1', mac: '02-00-00-00-00-11', sandbox }], ips: [] } },
    ],
    ['a route to a network with host bits', { result: { routes: [{ dst: '10.9.1.1/16', table: 7 }] } }],
    [
      'a link that is meant to be down',
      { found: { ...link, up: false }, keys: { disableContainerInterface: true } },
    ],
  ])('%s', (_what, given) => {
    expect(findingsOf(given)).toEqual([]);
  });
});

describe('checkContainer finds', () => {
  const main = 'list IPv4 routes of table 254';
  const all = 'list IPv4 routes of table 0';
  test.each([
    ['a link that is down', { found: { ...link, up: false } }, 'link "net1" is down'],
    [
      'another MAC',
      { found: { ...link, mac: '02:00:00:00:00:66' } },
      'link "net1" has the address 02:00:00:00:00:66, not 02:00:00:00:00:11',
    ],
    [
      'a result about another link',
      { result: { interfaces: [{ name: 'net9', sandbox }], ips: [] } },
      'prevResult has no interface "net1" in a sandbox',
    ],
    [
      'a missing address',
      { shown: { 'list addresses of link "net1"': [entry('10.20.1.11/24')] } },
      'link "net1" does not have the address "fd00:20::11/64"',
    ],
    [
      'an address with another prefix',
      { shown: { 'list addresses of link "net1"': [entry('10.20.1.11/25'), entry('fd00:20::11/64')] } },
      'link "net1" does not have the address "10.20.1.11/24"',
    ],
    [
      'a duplicate',
      {
        shown: {
          'list addresses of link "net1"': [
            entry('10.20.1.11/24'),
            { ...entry('fd00:20::11/64'), dadFailed: true },
          ],
        },
      },
      'address "fd00:20::11/64" is in use by another machine (duplicate address detection)',
    ],
    ['a missing route', { shown: { [main]: [], [all]: [] } }, 'there is no route to "0.0.0.0/0"'],
    [
      'a route by another gateway',
      { shown: { [main]: [route('0.0.0.0/0', '10.20.1.9'), route('0.0.0.0/0', undefined)] } },
      'the route to "0.0.0.0/0" goes by 10.20.1.9, no gateway, not by 10.20.1.1',
    ],
    [
      'a missing table',
      { shown: { 'list IPv4 routes of table 7': absent } },
      'there is no route to "10.9.0.0/16" with metric 5 in table 7',
    ],
    [
      'another metric',
      { shown: { 'list IPv4 routes of table 7': [route('10.9.0.0/16', '10.20.1.1', 6)] } },
      'there is no route to "10.9.0.0/16" with metric 5 in table 7',
    ],
    [
      'a destination that is none',
      { result: { routes: [{ dst: 'here' }] } },
      'route "here" of prevResult is not a destination',
    ],
  ])('%s', (_what, given, finding) => {
    expect(findingsOf(given)).toEqual([finding]);
  });
});
