import { describe, expect, test } from 'vitest';
import type { Result } from '../../../src/cni/result.ts';
import { type AttachedLinks, addResult, appendResult } from '../../../src/plugin/commands/add-result.ts';
import { readNetConf } from '../../../src/plugin/config/read.ts';
import type { Link } from '../../../src/rtnetlink/link-info.ts';
import { requestOf } from '../../helpers/request-of.ts';
import { containerLink } from '../links.ts';

const linkOf = (ifindex: number, name: string, mac: string): Link => ({
  ...containerLink,
  ifindex,
  name,
  mac,
  mtu: 1400,
});
const links = {
  bridge: linkOf(7, 'vlanbr0', '02:00:00:00:00:01'),
  port: linkOf(8, 'veth0', '02:00:00:00:00:02'),
  link: linkOf(9, 'net1', '02:00:00:00:00:03'),
  gateway: undefined,
  sandbox: '/var/run/netns/blue',
};
const interfaces = [
  { name: 'vlanbr0', mac: '02:00:00:00:00:01' },
  { name: 'veth0', mac: '02:00:00:00:00:02' },
  { name: 'net1', mac: '02:00:00:00:00:03', mtu: 1400, sandbox: '/var/run/netns/blue' },
];

/** The result of an ADD whose addresses are those of the configuration. */
function resultOf(config: object, attached: AttachedLinks = links): Result {
  const { ipam, dns } = readNetConf(requestOf(config));
  return addResult(attached, ipam?.add() ?? { ips: [], routes: [], dns: {} }, dns);
}

describe('addResult', () => {
  test('lists bridge, host end and container end, the latter alone with sandbox and mtu', () => {
    expect(resultOf({})).toEqual({ interfaces, ips: [], routes: [], dns: {} });
  });

  test.each([
    [
      'lists the gateway link of a VLAN last',
      linkOf(10, 'vlanbr0.100', '02:00:00:00:00:04'),
      [...interfaces, { name: 'vlanbr0.100', mac: '02:00:00:00:00:04' }],
    ],
    ['lists a bridge that is the gateway itself once', links.bridge, interfaces],
  ])('%s', (_what, gateway, listed) => {
    expect(resultOf({}, { ...links, gateway }).interfaces).toEqual(listed);
  });

  test("gives every address the index of the container's link, in canonical text", () => {
    const result = resultOf({
      ipam: {
        type: 'static',
        addresses: [
          { address: '10.20.1.11/024', gateway: '10.20.1.1' },
          { address: 'FD00:0:0:0::11/64', gateway: 'FD00::0001' },
          { address: '::ffff:10.0.0.7/120' },
        ],
        routes: [
          { dst: '::0/0', gw: 'fd00:0::1' },
          { dst: '10.30.0.0/16', mtu: 1400, advmss: 1360, priority: 5, table: 0, scope: 253 },
        ],
      },
    });
    expect(result).toEqual({
      interfaces,
      ips: [
        { address: '10.20.1.11/24', gateway: '10.20.1.1', interface: 2 },
        { address: 'fd00::11/64', gateway: 'fd00::1', interface: 2 },
        { address: '10.0.0.7/24', gateway: undefined, interface: 2 },
      ],
      routes: [
        { dst: '::/0', gw: 'fd00::1' },
        { dst: '10.30.0.0/16', gw: undefined, mtu: 1400, advmss: 1360, priority: 5, table: 0, scope: 253 },
      ],
      dns: {},
    });
  });

  const ipam = {
    type: 'static',
    addresses: [{ address: '10.0.0.1/24' }],
    dns: { nameservers: ['10.0.0.9'], domain: 'a' },
  };
  test.each([
    [
      'the settings of IPAM without any in the configuration',
      { ipam },
      { nameservers: ['10.0.0.9'], domain: 'a' },
    ],
    [
      'the settings of the configuration in place of all those of IPAM',
      { ipam, dns: { search: ['b'] } },
      { search: ['b'] },
    ],
    ['an empty list in place of the settings of IPAM', { ipam, dns: { options: [] } }, { options: [] }],
    [
      'the settings of IPAM beside settings that set nothing',
      { ipam, dns: { domain: '' } },
      { nameservers: ['10.0.0.9'], domain: 'a' },
    ],
    ['the settings of the configuration on layer 2', { dns: { domain: 'b' } }, { domain: 'b' }],
  ])('has for dns %s', (_what, config, dns) => {
    expect(resultOf(config).dns).toEqual(dns);
  });
});

describe('appendResult', () => {
  const previous: Result = {
    interfaces: [{ name: 'cni0' }, { name: 'eth0', sandbox: '/var/run/netns/blue' }],
    ips: [{ address: '192.0.2.11/24', interface: 1 }, { address: '192.0.2.12/24' }],
    routes: [{ dst: '0.0.0.0/0', gw: '192.0.2.1' }],
    dns: { nameservers: ['192.0.2.9'] },
  };
  const own: Result = {
    interfaces,
    ips: [{ address: '10.20.1.11/24', interface: 2 }, { address: '10.20.2.11/24' }],
    routes: [{ dst: '10.30.0.0/16', gw: '10.20.1.1' }],
    dns: {},
  };

  test('puts ours after what the plugins before said, and counts links from there', () => {
    expect(appendResult(previous, own)).toEqual({
      interfaces: [...previous.interfaces, ...interfaces],
      ips: [...previous.ips, { address: '10.20.1.11/24', interface: 4 }, { address: '10.20.2.11/24' }],
      routes: [...previous.routes, ...own.routes],
      dns: previous.dns,
    });
  });

  test('has our dns where we have any', () => {
    const dns = { search: ['b'] };
    expect(appendResult(previous, { ...own, dns }).dns).toEqual(dns);
  });
});
