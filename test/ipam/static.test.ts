import { describe, expect, test } from 'vitest';
import { parseCidr, parseIp } from '../../src/inet/cidr.ts';
import { args, ipam, ipsOf, readWith, runtimeConfig } from './static-sources.ts';

describe('readStatic', () => {
  test.each([
    [
      'from the configuration',
      { ipam },
      {},
      [
        ['10.0.0.2/24', '10.0.0.1'],
        ['fd00::2/64', undefined],
      ],
    ],
    [
      'from the configuration and then from IP=',
      { ipam },
      { ips: ['10.3.0.2/24'] },
      [
        ['10.0.0.2/24', '10.0.0.1'],
        ['fd00::2/64', undefined],
        ['10.3.0.2/24', undefined],
      ],
    ],
    ['from IP= alone', { ipam: {} }, { ips: ['10.3.0.2/24'] }, [['10.3.0.2/24', undefined]]],
    [
      'from args.cni.ips in their place',
      { ipam, args },
      { ips: ['10.3.0.2/24'] },
      [['10.1.0.2/24', undefined]],
    ],
    [
      'from runtimeConfig.ips in place of all others',
      { ipam, args, runtimeConfig },
      { ips: ['10.3.0.2/24'] },
      [
        ['10.2.0.2/24', undefined],
        ['fd02::2/64', undefined],
      ],
    ],
    [
      'from the next source when a list is empty',
      { ipam, args, runtimeConfig: { ips: [] } },
      {},
      [['10.1.0.2/24', undefined]],
    ],
    [
      'with an empty gateway as none',
      { ipam: { addresses: [{ address: '10.0.0.2/24', gateway: '' }] } },
      {},
      [['10.0.0.2/24', undefined]],
    ],
    [
      'under keys of any case',
      { IPAM: { Addresses: [{ ADDRESS: '10.0.0.2/24', GateWay: '10.0.0.1' }] } },
      {},
      [['10.0.0.2/24', '10.0.0.1']],
    ],
    ['from nowhere', { ipam: { type: 'static' } }, {}, []],
  ])('takes the addresses %s', (_where, config, asked, ips) => {
    expect(ipsOf(config, asked)).toEqual(ips);
  });

  test.each([
    [
      'addresses of the configuration',
      { ipam },
      { gateways: ['10.0.0.254', 'fd00::1'] },
      [
        ['10.0.0.2/24', '10.0.0.254'],
        ['fd00::2/64', 'fd00::1'],
      ],
    ],
    [
      'addresses of IP=',
      { ipam: {} },
      { ips: ['10.3.0.2/24'], gateways: ['10.3.0.1'] },
      [['10.3.0.2/24', '10.3.0.1']],
    ],
    ['addresses of args.cni.ips', { ipam, args }, { gateways: ['10.1.0.1'] }, [['10.1.0.2/24', '10.1.0.1']]],
    [
      'addresses of runtimeConfig.ips',
      { ipam, runtimeConfig },
      { gateways: ['10.2.0.1'] },
      [
        ['10.2.0.2/24', '10.2.0.1'],
        ['fd02::2/64', undefined],
      ],
    ],
    [
      'every address of its subnet',
      { ipam: {} },
      { ips: ['10.3.0.2/24', '10.3.0.3/24'], gateways: ['10.3.0.1'] },
      [
        ['10.3.0.2/24', '10.3.0.1'],
        ['10.3.0.3/24', '10.3.0.1'],
      ],
    ],
    [
      'an address by the last of several',
      { ipam: {} },
      { ips: ['10.3.0.2/24'], gateways: ['10.3.0.1', '10.3.0.9'] },
      [['10.3.0.2/24', '10.3.0.9']],
    ],
  ])('gives GATEWAY= to %s', (_what, config, asked, ips) => {
    expect(ipsOf(config, asked)).toEqual(ips);
  });

  test('takes routes and dns from ipam wherever the addresses are from', () => {
    const routes = [
      { dst: '0.0.0.0/0' },
      { dst: '10.9.0.0/16', gw: '10.2.0.9', mtu: 1400, advmss: 1360, priority: 5, table: 100, scope: 0 },
      { dst: 'fd09::5/48' },
    ];
    const dns = { nameservers: ['10.0.0.9'], domain: 'a', search: ['a'], options: ['b'] };
    const { data } = readWith({ ipam: { ...ipam, routes, dns }, runtimeConfig });
    expect(data?.dns).toEqual(dns);
    expect(data?.routes).toEqual([
      { dst: parseCidr('0.0.0.0/0') },
      { ...routes[1], dst: parseCidr('10.9.0.0/16'), gw: parseIp('10.2.0.9') },
      { dst: parseCidr('fd09::5/48') },
    ]);
  });
});
