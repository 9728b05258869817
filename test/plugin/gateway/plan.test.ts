import { describe, expect, test } from 'vitest';
import { type Cidr, formatCidr, formatIp, type Ip, parseCidr, parseIp } from '../../../src/inet/cidr.ts';
import type { IpamResult } from '../../../src/ipam/ipam.ts';
import { gatewayAddresses, withGateways } from '../../../src/plugin/gateway/plan.ts';
import { cniErrorOf } from '../../helpers/cni-error.ts';

type IpText = readonly [address: string, gateway?: string];
type RouteText = {
  readonly dst: string;
  readonly gw?: string;
  readonly table?: number;
  readonly scope?: number;
};

const cidr = (text: string) => parseCidr(text) as Cidr;
const ip = (text: string | undefined) => (text === undefined ? undefined : (parseIp(text) as Ip));

/** What IPAM gave, from text. */
function given(ips: readonly IpText[], routes: readonly RouteText[] = []): IpamResult {
  return {
    ips: ips.map(([address, gateway]) => ({ cidr: cidr(address), gateway: ip(gateway) })),
    routes: routes.map(({ dst, gw, ...rest }) => ({ dst: cidr(dst), gw: ip(gw), ...rest })),
    dns: {},
  };
}

/** The same in text, without members that are undefined. */
function shown({ ips, routes }: IpamResult) {
  return {
    ips: ips.map((entry) => [formatCidr(entry.cidr), entry.gateway && formatIp(entry.gateway)]),
    routes: routes.map(({ dst, gw, ...rest }) =>
      gw === undefined
        ? { dst: formatCidr(dst), ...rest }
        : { dst: formatCidr(dst), gw: formatIp(gw), ...rest },
    ),
  };
}

const off = { isGateway: false, isDefaultGateway: false };
const gateway = { isGateway: true, isDefaultGateway: false };
const defaultGateway = { isGateway: true, isDefaultGateway: true };
const dualStack: readonly IpText[] = [['10.20.1.11/24'], ['fd00:20::11/64']];
const default4 = { dst: '0.0.0.0/0', gw: '10.20.1.1' };
const default6 = { dst: '::/0', gw: 'fd00:20::1' };

describe('withGateways', () => {
  test.each([
    ['leaves addresses without a gateway alone', off, dualStack, [undefined, undefined]],
    ['gives every address the first host of its subnet', gateway, dualStack, ['10.20.1.1', 'fd00:20::1']],
    ['keeps the gateway that there is', gateway, [['10.20.1.11/24', '10.20.1.254']], ['10.20.1.254']],
    ['keeps that of an address without a subnet', gateway, [['10.20.1.11/32', '10.20.1.1']], ['10.20.1.1']],
    ['gives the first of two the other for a gateway', gateway, [['10.20.1.2/31']], ['10.20.1.3']],
  ] as const)('%s', (_what, conf, ips, gateways) => {
    const { ips: found } = shown(withGateways(given(ips), conf));
    expect(found.map(([, each]) => each)).toEqual(gateways);
  });

  test.each([
    ['10.20.1.1/24', 'is the gateway "10.20.1.1" itself'],
    ['fd00:20::1/64', 'is the gateway "fd00:20::1" itself'],
    ['10.20.1.11/32', 'has no subnet to take a gateway from'],
    ['fd00:20::11/128', 'has no subnet to take a gateway from'],
  ])('refuses %s, which %s', (address, why) => {
    expect(cniErrorOf(() => withGateways(given([[address]]), gateway))).toEqual({
      code: 7,
      msg: `isGateway: true: address "${address}" ${why}`,
      details: undefined,
    });
  });

  test.each([
    ['no routes', [], [default4, default6]],
    ['a default route without gw', [{ dst: '0.0.0.0/0' }], [default4, default6]],
    ['one in another spelling', [{ dst: '::0/0' }], [default6, default4]],
    [
      'a default route by another gateway',
      [{ dst: '0.0.0.0/0', gw: '10.20.1.9' }],
      [{ dst: '0.0.0.0/0', gw: '10.20.1.9' }, default6],
    ],
    [
      'a default route in another table',
      [{ dst: '0.0.0.0/0', table: 7 }],
      [{ ...default4, table: 7 }, default4, default6],
    ],
    [
      'a default route in table 0, the main one',
      [{ dst: '::/0', table: 0 }],
      [{ ...default6, table: 0 }, default4],
    ],
    [
      'a default route on the link itself',
      [{ dst: '0.0.0.0/0', scope: 253 }],
      [{ dst: '0.0.0.0/0', scope: 253 }, default6],
    ],
    ['another route', [{ dst: '10.9.0.0/16' }], [{ dst: '10.9.0.0/16' }, default4, default6]],
  ] as const)(
    'has a default route of each family with isDefaultGateway, given %s',
    (_what, routes, expected) => {
      expect(shown(withGateways(given(dualStack, routes), defaultGateway)).routes).toEqual(expected);
    },
  );

  test.each([
    ['names the next hop of a default route where it is known', [['10.20.1.11/24', '10.20.1.1']], [default4]],
    ['leaves a default route without one where it is not', [['10.20.1.11/24']], [{ dst: '0.0.0.0/0' }]],
    ['takes none of the other family', [['fd00:20::11/64', 'fd00:20::1']], [{ dst: '0.0.0.0/0' }]],
  ] as const)('%s, without isGateway too', (_what, ips, expected) => {
    expect(shown(withGateways(given(ips, [{ dst: '0.0.0.0/0' }]), off)).routes).toEqual(expected);
  });
});

test('gatewayAddresses has every gateway once for each length of its prefix', () => {
  const { ips } = given([
    ['10.0.0.2/24', '10.0.0.1'],
    ['10.0.0.3/24', '10.0.0.1'],
    ['10.0.0.4/25', '10.0.0.1'],
    ['fd00::2/64'],
  ]);
  expect(gatewayAddresses(ips).map(formatCidr)).toEqual(['10.0.0.1/24', '10.0.0.1/25']);
});
