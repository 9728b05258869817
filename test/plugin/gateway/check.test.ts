import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Result } from '../../../src/cni/result.ts';
import { type Cidr, parseCidr } from '../../../src/inet/cidr.ts';
import { checkGateway } from '../../../src/plugin/gateway/check.ts';
import * as sysctl from '../../../src/sys/sysctl.ts';
import { absent, fakeKernel } from '../fake-kernel.ts';
import { bridge, confOf } from '../links.ts';

vi.mock('../../../src/sys/sysctl.ts', { spy: true });

const sandbox = '/run/netns/blue';
const prevResult: Result = {
  interfaces: [{ name: 'eth0', sandbox }, { name: 'net1', sandbox }, { name: 'net1' }],
  ips: [
    { address: '192.0.2.11/24', gateway: '192.0.2.1', interface: 0 },
    { address: '10.20.1.11/24', gateway: '10.20.1.1', interface: 1 },
    { address: 'fd00:20::11/64', gateway: 'fd00:20::1', interface: 1 },
    { address: '198.51.100.11/24', gateway: '198.51.100.1', interface: 2 },
    { address: '203.0.113.11/24', gateway: '203.0.113.1', interface: 9 },
    { address: '10.20.2.11/24', interface: 1 },
  ],
  routes: [],
  dns: {},
};
const forwarding: Record<string, string> = {};

beforeEach(() => {
  Object.assign(forwarding, { 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' });
  vi.mocked(sysctl.readSysctl).mockImplementation((path) => forwarding[path] ?? 'unknown');
});

/** CHECK where the bridge has these addresses. */
function findingsOf(keys: object, addresses: readonly string[], result = prevResult): readonly string[] {
  const listed = addresses.map((text) => ({
    cidr: parseCidr(text) as Cidr,
    tentative: false,
    dadFailed: false,
  }));
  return findingsWith({ 'list addresses of link "vlanbr0"': listed }, keys, result);
}

/** CHECK where the kernel answers this. */
function findingsWith(answers: object, keys: object, result = prevResult): readonly string[] {
  const { socket } = fakeKernel({ ...answers });
  return checkGateway(socket, bridge, { conf: confOf(keys), prevResult: result, ifname: 'net1' });
}

describe('checkGateway', () => {
  const both = ['10.20.1.1/24', 'fd00:20::1/64'];

  test.each([
    ['everything as it should be', both, []],
    ['further addresses', ['192.0.2.9/24', ...both], []],
    [
      'one address missing',
      both.slice(1),
      ['gateway link "vlanbr0" does not have the address "10.20.1.1/24"'],
    ],
    [
      'an address with another prefix',
      ['10.20.1.1/25', 'fd00:20::1/64'],
      ['gateway link "vlanbr0" does not have the address "10.20.1.1/24"'],
    ],
  ])("looks for the gateways of this link's own addresses: %s", (_what, addresses, findings) => {
    expect(findingsOf({ isGateway: true }, addresses)).toEqual(findings);
  });

  test('counts addresses without a link as its own, as results of 0.2.0 have them', () => {
    const old = { ...prevResult, interfaces: [], ips: [{ address: '10.20.1.11/24', gateway: '10.20.1.1' }] };
    expect(findingsOf({ isGateway: true }, [], old)).toEqual([
      'gateway link "vlanbr0" does not have the address "10.20.1.1/24"',
    ]);
  });

  test('finds forwarding switched off, of the families that have gateways', () => {
    forwarding['net/ipv4/ip_forward'] = '0';
    forwarding['net/ipv6/conf/all/forwarding'] = '0';
    expect(findingsOf({ isGateway: true }, both)).toEqual([
      'forwarding of IPv4 is switched off on the host',
      'forwarding of IPv6 is switched off on the host',
    ]);
    const only6 = { ...prevResult, ips: prevResult.ips.slice(2, 3) };
    expect(findingsOf({ isGateway: true }, both, only6)).toEqual([
      'forwarding of IPv6 is switched off on the host',
    ]);
  });

  test('asks for nothing without isGateway, or without gateways', () => {
    forwarding['net/ipv4/ip_forward'] = '0';
    expect(findingsWith({}, {})).toEqual([]);
    expect(findingsWith({}, { isGateway: true }, { ...prevResult, ips: [] })).toEqual([]);
  });

  test("names the VLAN's gateway link when it is gone", () => {
    const answers = { 'look up link "vlanbr0.100"': absent };
    expect(findingsWith(answers, { isGateway: true, vlan: 100 })).toEqual([
      'gateway link "vlanbr0.100" does not exist',
    ]);
  });
});
