import { describe, expect, test } from 'vitest';
import type { Result } from '../../src/cni/result.ts';
import { staticIpam } from '../../src/ipam/static.ts';
import { ipam, knownOf } from './static-sources.ts';

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
