import { describe, expect, test } from 'vitest';
import { formatResult, type Result, resultFormatProblem } from '../../src/cni/result.ts';
import { supportedVersions } from '../../src/cni/version.ts';
import { cniErrorOf } from '../helpers/cni-error.ts';

const empty: Result = { interfaces: [], ips: [], routes: [], dns: {} };

const dualStack: Result = {
  ...empty,
  ips: [
    { address: '10.20.1.11/24', gateway: '10.20.1.1' },
    { address: 'fd00:20::11/64', gateway: '' },
  ],
  routes: [
    { dst: '0.0.0.0/0', gw: undefined },
    { dst: '10.30.0.0/16', gw: '10.20.1.2' },
    { dst: 'fd00:30::/48', gw: 'fd00:20::1' },
  ],
  dns: {
    options: ['ndots:2'],
    search: ['example.org'],
    domain: 'example.org',
    nameservers: ['10.20.1.1'],
  },
};

const attached: Result = {
  ...empty,
  interfaces: [
    { sandbox: '', name: 'vlanbr0', mac: '02:00:00:00:00:01' },
    { name: 'veth1', mac: '02:00:00:00:00:02', mtu: 0 },
    {
      name: 'net1',
      mac: '02:00:00:00:00:03',
      mtu: 9000,
      sandbox: '/run/netns/c',
      socketPath: '/run/s',
      pciID: '0000:00:01.0',
    },
  ],
  ips: [{ interface: 0, address: '10.20.1.11/24', gateway: '10.20.1.1' }],
  routes: [
    { dst: '10.30.0.0/16', gw: '10.20.1.1', mtu: 1400, advmss: 1360, priority: 7, table: 0, scope: 253 },
    { dst: '10.31.0.0/16', mtu: 0, advmss: 0, priority: 0 },
  ],
};

/** The document with its keys in exactly this order. */
function document(value: object): string {
  return JSON.stringify(value, undefined, 4);
}

describe('formatResult', () => {
  const dns = {
    nameservers: ['10.20.1.1'],
    domain: 'example.org',
    search: ['example.org'],
    options: ['ndots:2'],
  };

  // What `static` and `bridge` of containernetworking/plugins 1.1.1 print for such a configuration.
  test.each(['0.1.0', '0.2.0'] as const)(
    'prints addresses with their routes by family for %s',
    (cniVersion) => {
      expect(formatResult(dualStack, cniVersion)).toBe(
        document({
          cniVersion,
          ip4: {
            ip: '10.20.1.11/24',
            gateway: '10.20.1.1',
            routes: [{ dst: '0.0.0.0/0' }, { dst: '10.30.0.0/16', gw: '10.20.1.2' }],
          },
          ip6: { ip: 'fd00:20::11/64', routes: [{ dst: 'fd00:30::/48', gw: 'fd00:20::1' }] },
          dns,
        }),
      );
    },
  );

  test('prints only the first address of a family and no route of an absent family for 0.2.0', () => {
    const ips = [{ address: '10.20.1.11/24' }, { address: '10.20.2.11/24' }];
    expect(formatResult({ ...attached, ips, routes: [{ dst: '::/0', gw: 'fd00::1' }] }, '0.2.0')).toBe(
      document({ cniVersion: '0.2.0', ip4: { ip: '10.20.1.11/24' }, dns: {} }),
    );
  });

  test.each(['0.3.0', '0.3.1', '0.4.0'] as const)(
    'prints the family of each address for %s',
    (cniVersion) => {
      expect(formatResult(dualStack, cniVersion)).toBe(
        document({
          cniVersion,
          ips: [
            { version: '4', address: '10.20.1.11/24', gateway: '10.20.1.1' },
            { version: '6', address: 'fd00:20::11/64' },
          ],
          routes: dualStack.routes,
          dns,
        }),
      );
    },
  );

  test('prints interfaces without the newer keys, and all route keys, for 0.4.0', () => {
    expect(formatResult(attached, '0.4.0')).toBe(
      document({
        cniVersion: '0.4.0',
        interfaces: [
          { name: 'vlanbr0', mac: '02:00:00:00:00:01' },
          { name: 'veth1', mac: '02:00:00:00:00:02' },
          { name: 'net1', mac: '02:00:00:00:00:03', sandbox: '/run/netns/c' },
        ],
        ips: [{ version: '4', interface: 0, address: '10.20.1.11/24', gateway: '10.20.1.1' }],
        routes: [
          {
            dst: '10.30.0.0/16',
            gw: '10.20.1.1',
            mtu: 1400,
            advmss: 1360,
            priority: 7,
            table: 0,
            scope: 253,
          },
          { dst: '10.31.0.0/16' },
        ],
        dns: {},
      }),
    );
  });

  // What containernetworking/plugins 1.9.1 prints: alphabetical order, no empty dns.
  test.each(['1.0.0', '1.1.0'] as const)('prints everything in alphabetical order for %s', (cniVersion) => {
    expect(formatResult(attached, cniVersion)).toBe(
      document({
        cniVersion,
        interfaces: [
          { mac: '02:00:00:00:00:01', name: 'vlanbr0' },
          { mac: '02:00:00:00:00:02', name: 'veth1' },
          {
            mac: '02:00:00:00:00:03',
            mtu: 9000,
            name: 'net1',
            pciID: '0000:00:01.0',
            sandbox: '/run/netns/c',
            socketPath: '/run/s',
          },
        ],
        ips: [{ address: '10.20.1.11/24', gateway: '10.20.1.1', interface: 0 }],
        routes: [
          {
            advmss: 1360,
            dst: '10.30.0.0/16',
            gw: '10.20.1.1',
            mtu: 1400,
            priority: 7,
            scope: 253,
            table: 0,
          },
          { dst: '10.31.0.0/16' },
        ],
      }),
    );
  });

  test('prints the parts of dns that are filled, in alphabetical order, for 1.1.0', () => {
    const result = { ...empty, dns: { nameservers: ['10.20.1.1'], domain: 'example.org', search: [] } };
    expect(formatResult(result, '1.1.0')).toBe(
      document({ cniVersion: '1.1.0', dns: { domain: 'example.org', nameservers: ['10.20.1.1'] } }),
    );
  });

  test.each([
    ['0.3.1', { cniVersion: '0.3.1', dns: {} }],
    ['1.0.0', { cniVersion: '1.0.0' }],
  ] as const)('prints an empty result for %s without empty lists', (version, expected) => {
    expect(formatResult(empty, version)).toBe(document(expected));
  });

  test('refuses a result without address for 0.2.0', () => {
    expect(cniErrorOf(() => formatResult({ ...attached, ips: [] }, '0.2.0'))).toEqual({
      code: 7,
      msg: 'cniVersion 0.2.0 cannot show a result without an IP address, 0.3.0 and newer can',
      details: undefined,
    });
  });
});

describe('resultFormatProblem', () => {
  test('is there up to 0.2.0 when there is no address', () => {
    const refused = supportedVersions.filter((version) =>
      resultFormatProblem({ hasAddress: false }, version),
    );
    expect(refused).toEqual(['0.1.0', '0.2.0']);
  });

  test('is never there when there is an address', () => {
    const refused = supportedVersions.filter((version) => resultFormatProblem({ hasAddress: true }, version));
    expect(refused).toEqual([]);
  });
});
