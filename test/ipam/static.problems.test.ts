import { describe, expect, test } from 'vitest';
import { ipsOf, readWith, runtimeConfig } from './static-sources.ts';

describe('readStatic', () => {
  const addressRule = 'must be an address with its prefix length, such as "10.20.1.11/24"';
  const u32Rule = 'must be a whole number from 0 to 4294967295';
  test.each([
    [
      'an address without prefix',
      { ipam: { addresses: [{ address: '10.0.0.2' }] } },
      [`ipam.addresses[0].address: "10.0.0.2": ${addressRule}`],
    ],
    [
      'a missing address',
      { ipam: { addresses: [{}] } },
      [`ipam.addresses[0].address: missing: ${addressRule}`],
    ],
    [
      'null among the addresses',
      { ipam: { addresses: [null] } },
      ['ipam.addresses[0]: null: must be an object'],
    ],
    [
      'a gateway that is none',
      { ipam: { addresses: [{ address: '10.0.0.2/24', gateway: 'x' }] } },
      ['ipam.addresses[0].gateway: "x": must be an IP address, or empty'],
    ],
    ['null among the routes', { ipam: { routes: [null] } }, ['ipam.routes[0]: null: must be an object']],
    [
      'a route without a destination',
      { ipam: { routes: [{}] } },
      [`ipam.routes[0].dst: missing: ${addressRule}`],
    ],
    [
      'numbers of a route that are out of range',
      {
        ipam: {
          routes: [{ dst: '10.0.0.0/8', mtu: -1, advmss: 4294967296, priority: '1', table: 1.5, scope: 256 }],
        },
      },
      [
        `ipam.routes[0].mtu: -1: ${u32Rule}`,
        `ipam.routes[0].advmss: 4294967296: ${u32Rule}`,
        `ipam.routes[0].priority: "1": ${u32Rule}`,
        `ipam.routes[0].table: 1.5: ${u32Rule}`,
        'ipam.routes[0].scope: 256: must be a whole number from 0 to 255',
      ],
    ],
    [
      'an empty gw',
      { ipam: { routes: [{ dst: '10.0.0.0/8', gw: '' }] } },
      ['ipam.routes[0].gw: "": must be an IP address, such as "10.20.1.1"'],
    ],
    [
      'what is no address in a list that does not count',
      { ipam: {}, args: { cni: { ips: ['10.1.0.2'] } }, runtimeConfig },
      [`args.cni.ips[0]: "10.1.0.2": ${addressRule}`],
    ],
    [
      'what is no list',
      { ipam: {}, runtimeConfig: { ips: '10.1.0.2/24' } },
      ['runtimeConfig.ips: "10.1.0.2/24": must be a list'],
    ],
    [
      'dns that is none',
      { ipam: { dns: { nameservers: [1] } } },
      ['ipam.dns.nameservers[0]: 1: must be a string'],
    ],
    [
      'what is wrong about addresses and routes at once',
      { ipam: { addresses: [{ address: 'x' }], routes: [{ dst: '10.0.0.5/24' }] } },
      [
        `ipam.addresses[0].address: "x": ${addressRule}`,
        'ipam.routes[0].dst: "10.0.0.5/24": has host bits; the network is "10.0.0.0/24"',
      ],
    ],
    [
      'what no container can have, naming where it comes from',
      { ipam: { addresses: [{ address: '10.0.0.2/24' }, { address: '10.0.0.0/24', gateway: '10.0.1.1' }] } },
      [
        'ipam.addresses[1].address: "10.0.0.0/24": is the address of its network, not of a host',
        'ipam.addresses[1].gateway: "10.0.1.1": is outside of the subnet of "10.0.0.0/24"',
      ],
    ],
    [
      'the same in args.cni',
      { ipam: {}, args: { cni: { ips: ['10.1.0.2/24', '10.1.0.255/24'] } } },
      ['args.cni.ips[1]: "10.1.0.255/24": is the broadcast address of its subnet'],
    ],
    [
      'the same in runtimeConfig',
      { ipam: {}, runtimeConfig: { ips: ['ff02::1/64'] } },
      ['runtimeConfig.ips[0]: "ff02::1/64": is a multicast address'],
    ],
  ])('refuses %s', (_what, config, problems) => {
    expect(readWith(config)).toEqual({ problems });
  });

  test('refuses what CNI_ARGS gives, naming it', () => {
    const asked = { ips: ['10.3.0.0/24', '10.3.1.1/24'], gateways: ['10.3.1.1', '10.4.0.1'] };
    expect(readWith({ ipam: {} }, asked)).toEqual({
      problems: [
        'CNI_ARGS.IP: "10.3.0.0/24": is the address of its network, not of a host',
        'CNI_ARGS.GATEWAY: "10.3.1.1": is the address of the container itself',
        'CNI_ARGS.GATEWAY: "10.4.0.1": is in the subnet of no address',
      ],
    });
  });

  test('does not judge addresses that do not count', () => {
    const addresses = [{ address: '10.0.0.0/24', gateway: '10.9.9.9' }];
    expect(ipsOf({ ipam: { addresses }, runtimeConfig: { ips: ['10.2.0.2/24'] } })).toEqual([
      ['10.2.0.2/24', undefined],
    ]);
  });
});
