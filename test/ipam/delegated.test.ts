import { describe, expect, test } from 'vitest';
import type { Request } from '../../src/cni/request.ts';
import { parseCidr, parseIp } from '../../src/inet/cidr.ts';
import { delegatedIpam } from '../../src/ipam/delegated.ts';
import { cniErrorOf } from '../helpers/cni-error.ts';
import { fixtureBin, recordedVerbs } from '../helpers/recorded.ts';
import { requestOf } from '../helpers/request-of.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

const nothing = { interfaces: [], ips: [], routes: [], dns: {} };

function callWith(environment: Readonly<Record<string, string>>): Request {
  return requestOf({}, { path: [fixtureBin], environment, cniVersion: '0.2.0' });
}

function addOf(reply: object) {
  const request = callWith({ REPLY: JSON.stringify(reply) });
  return delegatedIpam('answers', request).add();
}

const routes = [{ dst: '0.0.0.0/0', gw: '10.20.1.1' }];
const dns = { nameservers: ['10.20.1.1'] };
const addressCentred = {
  ip4: { ip: '10.20.1.11/24', gateway: '10.20.1.1', routes },
  ip6: { ip: 'fd00:20::11/64' },
  dns,
};
const current = {
  interfaces: [{ name: 'what IPAM calls it' }],
  ips: [
    { address: '10.20.1.11/24', gateway: '10.20.1.1', interface: 5 },
    { address: 'fd00:20:0::11/64', gateway: '' },
  ],
  routes,
  dns,
};
const versioned = { ...current, ips: current.ips.map((ip) => ({ version: '?', ...ip })) };

describe('delegatedIpam', () => {
  test.each([
    ['0.1.0', { cniVersion: '0.1.0', ...addressCentred }],
    ['0.2.0', { cniVersion: '0.2.0', ...addressCentred }],
    ['0.3.1', { cniVersion: '0.3.1', ...versioned }],
    ['0.4.0', { cniVersion: '0.4.0', ...versioned }],
    ['1.0.0', { cniVersion: '1.0.0', ...current }],
    ['1.1.0', { cniVersion: '1.1.0', ...current }],
    ['none, and so that of the configuration', addressCentred],
  ])('reads a result of version %s', (_version, reply) => {
    expect(addOf(reply)).toEqual({
      ips: [
        { cidr: parseCidr('10.20.1.11/24'), gateway: parseIp('10.20.1.1') },
        { cidr: parseCidr('fd00:20::11/64'), gateway: undefined },
      ],
      routes: [{ dst: parseCidr('0.0.0.0/0'), gw: parseIp('10.20.1.1') }],
      dns,
    });
  });

  test('keeps every attribute of a route', () => {
    const attributes = { mtu: 1400, advmss: 1360, priority: 7, table: 100, scope: 253 };
    const reply = { ...current, cniVersion: '1.1.0', routes: [{ dst: '10.9.0.0/16', ...attributes }] };
    expect(addOf(reply).routes).toEqual([{ dst: parseCidr('10.9.0.0/16'), gw: undefined, ...attributes }]);
  });

  test('tells everything in a result that is no address at once, with code 6', () => {
    const reply = {
      cniVersion: '1.0.0',
      ips: [{ address: '10.20.1.11' }, { address: '10.20.1.12/24', gateway: '10.20.1.1/24' }],
      routes: [
        { dst: '<nil>', gw: '10.20.1.1' },
        { dst: '0.0.0.0/0', gw: 'fd00::g' },
      ],
    };
    expect(cniErrorOf(() => addOf(reply))).toEqual({
      code: 6,
      msg: [
        'the result of IPAM plugin "answers" cannot be used: ips[0].address: "10.20.1.11": is not an address with its prefix length',
        'ips[1].gateway: "10.20.1.1/24": is not an IP address',
        'routes[0].dst: "<nil>": is not an address with its prefix length',
        'routes[1].gw: "fd00::g": is not an IP address',
      ].join('; '),
      details: undefined,
    });
  });

  test.each([
    ['nothing at all', {}],
    ['routes alone', { cniVersion: '1.0.0', routes }],
    ['a result of 0.2.0 with DNS alone', { cniVersion: '0.2.0', dns }],
  ])('refuses a result without an address: %s', (_what, reply) => {
    expect(cniErrorOf(() => addOf(reply))).toEqual({
      code: 6,
      msg: 'the result of IPAM plugin "answers" cannot be used: it has no address',
      details: undefined,
    });
  });

  test('passes CHECK and DEL on, and finds nothing wrong by itself', () => {
    const RECORDS = temporaryDirectory();
    const ipam = delegatedIpam('records', callWith({ RECORDS }));
    const found = ipam.check(nothing);
    ipam.del();
    expect(found).toEqual([]);
    expect(recordedVerbs(RECORDS)).toEqual(['CHECK', 'DEL']);
  });

  test.each(['add', 'del', 'check'] as const)('passes the error of %s on as it is', (step) => {
    const verb = step.toUpperCase();
    const ipam = delegatedIpam('records', callWith({ RECORDS: temporaryDirectory(), FAILS_ON: verb }));
    const error = cniErrorOf(() => ipam[step](nothing));
    expect(error).toEqual({ code: 123, msg: `no ${verb} today`, details: 'as told' });
  });

  test('knows nothing before it has asked', () => {
    expect(delegatedIpam('answers', callWith({})).staticResult).toBeUndefined();
  });
});
