import { describe, expect, test } from 'vitest';
import { read } from '../../../src/cni/json.ts';
import { netConfSchema } from '../../../src/plugin/config/schema.ts';

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

describe('netConfSchema', () => {
  test.each(FLAGS)('has the switch %s, true or false, in any case', (flag) => {
    expect(read(netConfSchema(), { [flag]: true })).toEqual({ data: { [flag]: true } });
    expect(read(netConfSchema(), { [flag.toUpperCase()]: false })).toEqual({ data: { [flag]: false } });
    expect(read(netConfSchema(), { [flag]: null })).toEqual({ data: {} });
    expect(read(netConfSchema(), { [flag]: 'true' })).toEqual({
      problems: [`${flag}: "true": must be true or false`],
    });
  });

  test.each(['nftables', 'iptables', ''])('has the backend %j', (ipMasqBackend) => {
    expect(read(netConfSchema(), { ipMasqBackend })).toEqual({ data: { ipMasqBackend } });
  });

  test.each([
    ['ipMasqBackend', 'NFTables', 'must be "nftables", "iptables" or empty'],
    ['ipMasqBackend', true, 'must be "nftables", "iptables" or empty'],
    ['vlanFiltering', 'on', 'must be "require" or "enable"'],
    ['vlan', 4095, 'must be a whole number from 0 to 4094'],
    ['mtu', 67, "must be 0 (the kernel's default) or a whole number from 68 to 65535"],
  ])('refuses %s %j', (key, value, rule) => {
    expect(read(netConfSchema(), { [key]: value })).toEqual({
      problems: [`${key}: ${JSON.stringify(value)}: ${rule}`],
    });
  });

  test('tells of every problem at once', () => {
    const { problems } = read(netConfSchema(), { ipMasq: 1, enabledad: 'no', ipam: { type: 7 }, bridge: '' });
    expect(problems?.map((line) => line.split(':')[0]).sort()).toEqual([
      'bridge',
      'enabledad',
      'ipMasq',
      'ipam.type',
    ]);
  });
});
