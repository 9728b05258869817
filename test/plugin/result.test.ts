import { describe, expect, test } from 'vitest';
import { readNetConf } from '../../src/plugin/netconf.ts';
import { addResult } from '../../src/plugin/result.ts';
import type { Link } from '../../src/rtnetlink/link.ts';
import { requestOf } from './request-of.ts';

const linkOf = (name: string, mac: string): Link => ({
  ifindex: 7,
  name,
  up: true,
  mac,
  mtu: 1400,
  kind: 'veth',
  master: undefined,
  peerIfindex: undefined,
  alias: undefined,
  bridge: undefined,
  portState: undefined,
});
const links = {
  bridge: linkOf('vlanbr0', '02:00:00:00:00:01'),
  port: linkOf('veth0', '02:00:00:00:00:02'),
  link: linkOf('net1', '02:00:00:00:00:03'),
  sandbox: '/var/run/netns/blue',
};
const interfaces = [
  { name: 'vlanbr0', mac: '02:00:00:00:00:01' },
  { name: 'veth0', mac: '02:00:00:00:00:02' },
  { name: 'net1', mac: '02:00:00:00:00:03', mtu: 1400, sandbox: '/var/run/netns/blue' },
];

describe('addResult', () => {
  test('lists bridge, host end and container end, the latter alone with sandbox and mtu', () => {
    const result = addResult(links, readNetConf(requestOf({})));
    expect(result).toEqual({ interfaces, ips: [], routes: [], dns: {} });
  });

  test("gives every address the index of the container's link, in canonical text", () => {
    const conf = readNetConf(
      requestOf({
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
      }),
    );
    expect(addResult(links, conf)).toEqual({
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
    expect(addResult(links, readNetConf(requestOf(config))).dns).toEqual(dns);
  });
});
