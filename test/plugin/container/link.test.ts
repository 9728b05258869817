import { describe, expect, test } from 'vitest';
import { type Cidr, formatIp, type Ip, parseCidr, parseIp } from '../../../src/inet/cidr.ts';
import type { AssignedIp } from '../../../src/ipam/ipam.ts';
import { withDefaults } from '../../../src/plugin/container/link.ts';

// include/uapi/linux/rtnetlink.h
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RT_TABLE_MAIN = 254;

const cidr = (text: string) => parseCidr(text) as Cidr;
const ip = (text: string) => parseIp(text) as Ip;
const assigned = (address: string, gateway?: string): AssignedIp => ({
  cidr: cidr(address),
  gateway: gateway === undefined ? undefined : ip(gateway),
});
const ips = [
  assigned('10.0.0.2/24'),
  assigned('10.0.1.2/24', '10.0.1.1'),
  assigned('10.0.2.2/24', '10.0.2.1'),
  assigned('fd00::2/64', 'fd00::1'),
];
const universe = RT_SCOPE_UNIVERSE;

type RouteText = { readonly dst: string; readonly gw?: string; readonly scope?: number };

describe('withDefaults', () => {
  test.each([
    ['the first gateway of IPv4', { dst: '0.0.0.0/0' }, ips, { gw: '10.0.1.1', scope: universe }],
    ['the first gateway of IPv6', { dst: '::/0' }, ips, { gw: 'fd00::1', scope: universe }],
    ['its own gateway', { dst: '10.9.0.0/16', gw: '10.0.0.9' }, ips, { gw: '10.0.0.9', scope: universe }],
    ['no gateway of the other family', { dst: '::/0' }, ips.slice(0, 3), { gw: undefined, scope: universe }],
    [
      'scope link for IPv4 without a gateway',
      { dst: '10.9.0.0/16' },
      [],
      { gw: undefined, scope: RT_SCOPE_LINK },
    ],
    [
      'no gateway when the scope says link',
      { dst: '10.9.0.0/16', scope: 253 },
      ips,
      { gw: undefined, scope: 253 },
    ],
    [
      'no gateway when the scope says host',
      { dst: '10.9.0.0/16', scope: 254 },
      ips,
      { gw: undefined, scope: 254 },
    ],
    [
      'a gateway when the scope says site',
      { dst: '10.9.0.0/16', scope: 200 },
      ips,
      { gw: '10.0.1.1', scope: 200 },
    ],
  ])('gives a route %s', (_what, { dst, gw, scope }: RouteText, given, expected) => {
    const route = withDefaults({ dst: cidr(dst), gw: gw === undefined ? undefined : ip(gw), scope }, given);
    expect({ gw: route.gw && formatIp(route.gw), scope: route.scope }).toEqual(expected);
  });

  test('fills in the main table and zeros for what is left out', () => {
    const route = withDefaults({ dst: cidr('10.9.0.0/16') }, []);
    expect(route).toEqual({
      dst: cidr('10.9.0.0/16'),
      gw: undefined,
      scope: RT_SCOPE_LINK,
      table: RT_TABLE_MAIN,
      priority: 0,
      mtu: 0,
      advmss: 0,
    });
  });

  test('keeps what the route says', () => {
    const said = {
      dst: cidr('10.9.0.0/16'),
      gw: ip('10.0.0.9'),
      scope: 0,
      table: 100,
      priority: 5,
      mtu: 1400,
      advmss: 1360,
    };
    expect(withDefaults(said, ips)).toEqual(said);
  });

  test('takes table 0 for the main table, as the kernel does', () => {
    expect(withDefaults({ dst: cidr('10.9.0.0/16'), table: 0 }, []).table).toBe(RT_TABLE_MAIN);
  });
});
