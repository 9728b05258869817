import { describe, expect, test } from 'vitest';
import { parseResult } from '../../src/cni/foreign-result.ts';
import { parseJson } from '../../src/cni/json.ts';
import { formatResult, type Result } from '../../src/cni/result.ts';
import { supportedVersions } from '../../src/cni/version.ts';
import { cniErrorOf } from '../helpers/cni-error.ts';

const empty: Result = { interfaces: [], ips: [], routes: [], dns: {} };

const attached: Result = {
  interfaces: [
    { name: 'vlanbr0', mac: '02:00:00:00:00:01' },
    { name: 'net1', mac: '02:00:00:00:00:03', sandbox: '/run/netns/c' },
  ],
  ips: [
    { address: '10.20.1.11/24', gateway: '10.20.1.1', interface: 1 },
    { address: 'fd00:20::11/64', interface: 1 },
  ],
  routes: [
    { dst: '0.0.0.0/0', gw: '10.20.1.1', priority: 7, table: 0 },
    { dst: '::0/0', gw: 'fd00:20::1' },
  ],
  dns: { nameservers: ['10.20.1.1'], search: ['example.org'] },
};

describe('parseResult', () => {
  test('brings ip4 and ip6 of 0.2.0 into the newest shape', () => {
    const value = {
      cniVersion: '0.2.0',
      ip6: { ip: 'fd00:20::11/64', routes: [{ dst: '::0/0', gw: 'fd00:20::1' }] },
      ip4: { ip: '10.20.1.11/24', gateway: '10.20.1.1', routes: [{ dst: '0.0.0.0/0' }] },
      dns: { nameservers: ['10.20.1.1'] },
    };
    expect(parseResult(value, '1.0.0')).toEqual({
      interfaces: [],
      ips: [{ address: '10.20.1.11/24', gateway: '10.20.1.1' }, { address: 'fd00:20::11/64' }],
      routes: [{ dst: '0.0.0.0/0' }, { dst: '::0/0', gw: 'fd00:20::1' }],
      dns: { nameservers: ['10.20.1.1'] },
    });
  });

  test('drops the family that 0.4.0 gives with each address', () => {
    const value = { cniVersion: '0.4.0', ips: [{ version: '4', interface: 0, address: '10.20.1.11/24' }] };
    expect(parseResult(value, '0.4.0')).toEqual({
      ...empty,
      ips: [{ address: '10.20.1.11/24', interface: 0 }],
    });
  });

  test.each(supportedVersions.filter((version) => version >= '0.3.0'))(
    'reads back what formatResult prints for %s',
    (version) => {
      expect(parseResult(JSON.parse(formatResult(attached, version)), '0.1.0')).toEqual(attached);
    },
  );

  test('takes the version of the configuration when the result has none', () => {
    const value = { cniVersion: '', ip4: { ip: '10.20.1.11/24' } };
    expect(parseResult(value, '0.2.0')).toEqual({ ...empty, ips: [{ address: '10.20.1.11/24' }] });
  });

  test('reads keys in any case, and null as absent', () => {
    const value = { CNIVERSION: '1.0.0', IPs: [{ Address: '10.20.1.11/24', gateway: null }], routes: null };
    expect(parseResult(value, '0.1.0')).toEqual({ ...empty, ips: [{ address: '10.20.1.11/24' }] });
  });

  test('reads an empty object as an empty result', () => {
    expect(parseResult({}, '1.1.0')).toEqual(empty);
  });

  test('refuses an unknown version with code 6', () => {
    expect(cniErrorOf(() => parseResult({ cniVersion: '1.2.0' }, '1.0.0'))).toEqual({
      code: 6,
      msg: 'unsupported CNI result version "1.2.0"',
      details: undefined,
    });
  });

  test.each([
    ['null', '1.0.0', 'null: must be an object'],
    ['[]', '1.0.0', '[]: must be an object'],
    ['{"cniVersion":1}', '1.0.0', 'cniVersion: 1: must be a string'],
    ['{"ip4":{}}', '0.2.0', 'ip4.ip: missing: must be a string'],
    [
      '{"ips":[{"interface":1.5}],"routes":[null],"interfaces":{}}',
      '1.0.0',
      'interfaces: {}: must be a list\nips[0].address: missing: must be a string\nips[0].interface: 1.5: must be a whole number from 0 to 4294967295\nroutes[0]: null: must be an object',
    ],
  ] as const)('refuses %s with code 6 and every problem', (json, version, details) => {
    expect(cniErrorOf(() => parseResult(parseJson(json, 'prevResult'), version))).toEqual({
      code: 6,
      msg: 'CNI result is not understood',
      details,
    });
  });
});
