import { describe, expect, test } from 'vitest';
import { refuseUnsupported } from '../../src/plugin/unsupported.ts';
import { cniErrorOf } from '../cni/cni-error.ts';

const flags = [
  'isGateway',
  'isDefaultGateway',
  'forceAddress',
  'ipMasq',
  'hairpinMode',
  'promiscMode',
  'portIsolation',
  'macspoofchk',
  'enabledad',
];

describe('refuseUnsupported', () => {
  test.each([
    ...flags.map((key) => ({ key, value: true as unknown })),
    { key: 'ipMasqBackend', value: 'nftables' },
    { key: 'uplink', value: 'trunk0' },
    { key: 'uplink', value: { link: 'trunk0', vids: 'all' } },
  ])('refuses $key: $value', ({ key, value }) => {
    expect(cniErrorOf(() => refuseUnsupported({ [key]: value }))).toEqual({
      code: 2,
      msg: `${key}: ${JSON.stringify(value)}: is not supported by this version`,
      details: undefined,
    });
  });

  test.each([...flags, 'ipMasqBackend', 'uplink'])('accepts %s that asks for nothing', (key) => {
    for (const value of [false, null, '']) refuseUnsupported({ [key]: value });
  });

  test.each([
    ['no ipam', {}],
    ['ipam null', { ipam: null }],
    ['ipam without a type', { ipam: {} }],
    ['an empty ipam type', { ipam: { type: '' } }],
    ['ipam type null', { ipam: { type: null } }],
    ['the static type', { ipam: { type: 'static' } }],
    ['an ipam of the wrong type, which the reading of the configuration refuses', { ipam: 1 }],
  ])('accepts %s', (_what, config) => {
    expect(() => refuseUnsupported(config)).not.toThrow();
  });

  test('names every key at once, in any case, ipam.type last', () => {
    const config = { ipam: { TYPE: 'dhcp' }, HAIRPINMODE: true, enabledad: true };
    expect(cniErrorOf(() => refuseUnsupported(config)).msg).toBe(
      'hairpinMode: true: is not supported by this version; enabledad: true: is not supported by this version; ipam.type: "dhcp": is not supported by this version',
    );
  });
});
