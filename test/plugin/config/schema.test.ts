import { describe, expect, test } from 'vitest';
import { readSection } from '../../../src/cni/section.ts';
import { ipamTypeOf, netConfSection } from '../../../src/plugin/config/schema.ts';

function read(config: object) {
  const { data, problems } = readSection(netConfSection(true), config);
  return problems.length > 0 ? { problems: problems.map(({ line }) => line) } : { data };
}

const FLAGS = [
  'preserveDefaultVlan',
  'isGateway',
  'isDefaultGateway',
  'forceAddress',
  'ipMasq',
  'hairpinMode',
  'promiscMode',
  'portIsolation',
  'macspoofchk',
  'enabledad',
  'disableContainerInterface',
];

describe('netConfSection', () => {
  test.each(FLAGS)('has the switch %s, true or false, in any case', (flag) => {
    expect(read({ [flag]: true })).toEqual({ data: { [flag]: true } });
    expect(read({ [flag.toUpperCase()]: false })).toEqual({ data: { [flag]: false } });
    expect(read({ [flag]: null })).toEqual({ data: {} });
    expect(read({ [flag]: 'true' })).toEqual({
      problems: [`${flag}: "true": must be true or false`],
    });
  });

  test.each(['nftables', 'iptables', ''])('has the backend %j', (ipMasqBackend) => {
    expect(read({ ipMasqBackend })).toEqual({ data: { ipMasqBackend } });
  });

  test.each([
    ['ipMasqBackend', 'NFTables', 'must be "nftables", "iptables" or empty'],
    ['ipMasqBackend', true, 'must be "nftables", "iptables" or empty'],
    ['vlanFiltering', 'on', 'must be "require" or "enable"'],
    ['vlan', 4095, 'must be a whole number from 0 to 4094'],
    ['mtu', 67, "must be 0 (the kernel's default) or a whole number from 68 to 65535"],
  ])('refuses %s %j', (key, value, rule) => {
    expect(read({ [key]: value })).toEqual({
      problems: [`${key}: ${JSON.stringify(value)}: ${rule}`],
    });
  });

  test('tells of every problem at once', () => {
    const { problems } = read({ ipMasq: 1, enabledad: 'no', ipam: { type: 7 }, bridge: '' });
    expect(problems?.map((line) => line.split(':')[0]).sort()).toEqual([
      'bridge',
      'enabledad',
      'ipMasq',
      'ipam.type',
    ]);
  });
});

describe('ipamTypeOf', () => {
  test.each([
    ['the type', { ipam: { type: 'static' } }, 'static'],
    ['the type under keys of any case', { IPAM: { Type: 'host-local' } }, 'host-local'],
    ['nothing where there is no ipam', {}, ''],
    ['nothing where ipam is null', { ipam: null }, ''],
    ['nothing where ipam has no type', { ipam: { addresses: [] } }, ''],
    ['nothing where the type is null', { ipam: { type: null } }, ''],
    ['nothing where ipam is no object', { ipam: ['static'] }, ''],
    ['nothing where the type is no text', { ipam: { type: 1 } }, ''],
  ])('is %s', (_what, config, type) => {
    expect(ipamTypeOf(config)).toBe(type);
  });
});
