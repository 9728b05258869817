import { describe, expect, test } from 'vitest';
import { parseCidr } from '../../src/inet/cidr.ts';
import type { IpamResult } from '../../src/ipam/ipam.ts';
import type { NetConf } from '../../src/plugin/netconf.ts';
import { conflicts, lacks } from '../../src/plugin/netconf-rules.ts';
import { requestOf } from './request-of.ts';

const conf: NetConf = {
  bridge: 'cni0',
  vlan: 0,
  trunk: [],
  preserveDefaultVlan: false,
  vlanFiltering: 'require',
  mtu: undefined,
  mac: undefined,
  disableContainerInterface: false,
  dns: undefined,
  ipam: undefined,
};

function ipamWith(...addresses: readonly string[]): IpamResult {
  const cidrs = addresses.flatMap((address) => parseCidr(address) ?? []);
  return { ips: cidrs.map((cidr) => ({ cidr, gateway: undefined })), routes: [], dns: {} };
}

describe('conflicts', () => {
  test.each([
    ['nothing in particular', conf],
    ['a small mtu without addresses', { ...conf, mtu: 68 }],
    ['a small mtu with IPv4', { ...conf, mtu: 68, ipam: ipamWith('10.0.0.1/24') }],
    ['the smallest mtu of IPv6', { ...conf, mtu: 1280, ipam: ipamWith('fd00::1/64') }],
    ["the kernel's mtu with IPv6", { ...conf, ipam: ipamWith('fd00::1/64') }],
    ['a link that stays down without ipam', { ...conf, disableContainerInterface: true }],
  ])('has nothing against %s', (_what, given) => {
    expect(conflicts(given)).toEqual([]);
  });

  const downWithIpam =
    'disableContainerInterface: true: cannot go with ipam: a link that is down has no addresses';
  test.each([
    [
      'an mtu below 1280 with IPv6 beside IPv4',
      { ...conf, mtu: 1279, ipam: ipamWith('10.0.0.1/24', 'fd00::1/64') },
      ['mtu: 1279: must be at least 1280 for IPv6'],
    ],
    [
      'ipam for a link that stays down, even when it gives no address',
      { ...conf, disableContainerInterface: true, ipam: ipamWith() },
      [downWithIpam],
    ],
    [
      'both at once',
      { ...conf, mtu: 68, disableContainerInterface: true, ipam: ipamWith('fd00::1/64') },
      ['mtu: 68: must be at least 1280 for IPv6', downWithIpam],
    ],
  ])('names %s', (_what, given, problems) => {
    expect(conflicts(given)).toEqual(problems);
  });
});

describe('lacks', () => {
  const noAddress =
    'ipam: no address: neither ipam.addresses nor args.cni.ips, runtimeConfig.ips or IP= in CNI_ARGS gives one';
  test.each([
    ['0.1.0', ipamWith('10.0.0.1/24'), []],
    ['0.2.0', ipamWith('10.0.0.1/24', 'fd00::1/64'), []],
    ['0.3.0', undefined, []],
    ['0.3.0', ipamWith('10.0.0.1/24', '10.0.0.2/24', 'fd00::1/64', 'fd00::2/64'), []],
    ['1.1.0', ipamWith(), [noAddress]],
    ['0.2.0', ipamWith(), [noAddress]],
    [
      '0.1.0',
      undefined,
      ['cniVersion 0.1.0 cannot show a result without an IP address, 0.3.0 and newer can'],
    ],
    [
      '0.2.0',
      ipamWith('10.0.0.1/24', '10.0.1.1/24'),
      ['cniVersion 0.2.0 cannot show more than one address of a family, 0.3.0 and newer can'],
    ],
    [
      '0.1.0',
      ipamWith('10.0.0.1/24', 'fd00::1/64', 'fd00::2/64'),
      ['cniVersion 0.1.0 cannot show more than one address of a family, 0.3.0 and newer can'],
    ],
  ] as const)('for a result of %s with %o names %o', (cniVersion, ipam, problems) => {
    expect(lacks(ipam, requestOf({}, { cniVersion }))).toEqual(problems);
  });

  test.each(['DEL', 'CHECK'] as const)('is nothing to %s, which has no result', (verb) => {
    expect(lacks(ipamWith(), requestOf({}, { verb, cniVersion: '0.4.0' }))).toEqual([]);
  });
});
