import { describe, expect, test } from 'vitest';
import { parseJson } from '../../src/cni/json.ts';
import type { Result } from '../../src/cni/result.ts';
import { readSection } from '../../src/cni/section.ts';
import { type Cidr, formatCidr, formatIp, type Ip, parseCidr, parseIp } from '../../src/inet/cidr.ts';
import type { IpamResult } from '../../src/ipam/ipam.ts';
import { readStatic, requestedIps, staticIpam, staticSection } from '../../src/ipam/static.ts';

type Asked = { readonly ips?: readonly string[]; readonly gateways?: readonly string[] };

const section = {
  args: { cni: { ips: requestedIps } },
  runtimeConfig: { ips: requestedIps },
  ipam: staticSection,
};

function readWith(config: object, { ips = [], gateways = [] }: Asked = {}) {
  const { data, problems } = readSection(section, parseJson(JSON.stringify(config), 'network configuration'));
  const reading = readStatic({
    ipam: data.ipam ?? {},
    argsIps: data.args?.cni?.ips,
    runtimeConfigIps: data.runtimeConfig?.ips,
    cniArgs: {
      ips: ips.map((text) => parseCidr(text) as Cidr),
      gateways: gateways.map((text) => parseIp(text) as Ip),
    },
  });
  const all = [...problems.map(({ line }) => line), ...(reading.problems ?? [])];
  return all.length > 0 ? { problems: all } : { data: reading.data };
}

/** What a configuration without problems says. */
function knownOf(config: object, asked?: Asked): IpamResult {
  const { data, problems } = readWith(config, asked);
  if (data === undefined) throw new Error(problems?.join('; '));
  return data;
}

/** The addresses with their gateways, as text. */
function ipsOf(config: object, asked?: Asked) {
  return knownOf(config, asked).ips.map(({ cidr, gateway }) => [
    formatCidr(cidr),
    gateway && formatIp(gateway),
  ]);
}

const ipam = {
  type: 'static',
  addresses: [{ address: '10.0.0.2/24', gateway: '10.0.0.1' }, { address: 'fd00::2/64' }],
};
const args = { cni: { ips: ['10.1.0.2/24'] } };
const runtimeConfig = { ips: ['10.2.0.2/24', 'fd02::2/64'] };

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

describe('staticIpam', () => {
  const known = knownOf({ ipam });

  test('gives what is known before anything is changed, and has nothing to give back', () => {
    const own = staticIpam(known);
    expect(own.staticResult).toBe(known);
    expect(own.add()).toBe(known);
    expect(own.del()).toBeUndefined();
  });
});

describe('the check of staticIpam', () => {
  const { check } = staticIpam(knownOf({ ipam }));
  const resultWith = (...ips: Result['ips']): Result => ({ interfaces: [], ips, routes: [], dns: {} });
  const given = [
    { address: '10.0.0.2/24', gateway: '10.0.0.1' },
    { address: 'fd00::2/64', gateway: 'fd00::1' },
  ];

  test.each([
    ['the same addresses, a gateway of the runtime among them', resultWith(...given)],
    [
      'an address in other words',
      resultWith({ address: '10.0.0.2/24', gateway: '10.0.0.1' }, { address: 'FD00:0::2/64' }),
    ],
    ['more addresses than the configuration has', resultWith({ address: '10.9.0.1/8' }, ...given)],
  ])('has nothing against %s', (_what, result) => {
    expect(check(result)).toEqual([]);
  });

  test.each([
    [
      'an address that is not there',
      resultWith({ address: 'fd00::2/64' }),
      ['address "10.0.0.2/24" of the configuration is not in prevResult'],
    ],
    [
      'an address with another prefix',
      resultWith({ address: '10.0.0.2/25', gateway: '10.0.0.1' }, { address: 'fd00::2/64' }),
      ['address "10.0.0.2/24" of the configuration is not in prevResult'],
    ],
    [
      'another gateway and a missing address, both',
      resultWith({ address: '10.0.0.2/24', gateway: '10.0.0.9' }),
      [
        'gateway "10.0.0.1" of address "10.0.0.2/24" is "10.0.0.9" in prevResult',
        'address "fd00::2/64" of the configuration is not in prevResult',
      ],
    ],
    [
      'a missing gateway',
      resultWith({ address: '10.0.0.2/24' }, { address: 'fd00::2/64' }),
      ['gateway "10.0.0.1" of address "10.0.0.2/24" is "" in prevResult'],
    ],
  ])('finds %s', (_what, result, findings) => {
    expect(check(result)).toEqual(findings);
  });
});
