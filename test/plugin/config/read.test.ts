import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatCidr, formatIp } from '../../../src/inet/cidr.ts';
import { formatMac } from '../../../src/inet/mac.ts';
import type { Ipam } from '../../../src/ipam/ipam.ts';
import type { NetConf } from '../../../src/plugin/config/netconf.ts';
import { readNetConf } from '../../../src/plugin/config/read.ts';
import { cniErrorOf } from '../../helpers/cni-error.ts';
import { requestOf } from '../../helpers/request-of.ts';
import { validFiles } from './netconf-files.ts';
import { filteringRule, invalidFiles, linkNameRule, macRule, mtuRule, vlanRule } from './netconf-problems.ts';

const folder = new URL('../../fixtures/netconf/', import.meta.url);
const fixture = (name: string) => readFileSync(new URL(name, folder), 'utf8');

/** The configuration with addresses as text; "unknown" where only ADD can tell them. */
function shown({ mac, ipam, ...others }: NetConf) {
  return { ...others, mac: mac && formatMac(mac), ipam: ipam && shownIpam(ipam) };
}

function shownIpam({ staticResult }: Ipam) {
  if (staticResult === undefined) return 'unknown';
  return {
    ips: staticResult.ips.map(({ cidr, gateway }) => [formatCidr(cidr), gateway && formatIp(gateway)]),
    routes: staticResult.routes.map(({ dst, gw, ...route }) => ({
      ...route,
      dst: formatCidr(dst),
      gw: gw && formatIp(gw),
    })),
    dns: staticResult.dns,
  };
}

const defaults = {
  bridge: 'cni0',
  vlan: 0,
  vlanTrunk: [],
  preserveDefaultVlan: false,
  vlanFiltering: 'require',
  uplink: undefined,
  mtu: undefined,
  mac: undefined,
  isGateway: false,
  isDefaultGateway: false,
  forceAddress: false,
  ipMasq: false,
  ipMasqBackend: undefined,
  hairpinMode: false,
  promiscMode: false,
  portIsolation: false,
  macspoofchk: false,
  enabledad: false,
  disableContainerInterface: false,
  dns: undefined,
  ipam: undefined,
  prevResult: undefined,
};
describe('readNetConf', () => {
  test.each(Object.entries(validFiles))('reads the whole file %s', (name, [args, different]) => {
    const conf = readNetConf(requestOf(fixture(`valid/${name}`), { args }));
    expect(shown(conf)).toEqual({ ...defaults, ...different });
  });

  test.each(Object.entries(invalidFiles))('refuses the whole file %s', (name, problems) => {
    expect(cniErrorOf(() => readNetConf(requestOf(fixture(`invalid/${name}`))))).toEqual({
      code: 7,
      msg: `invalid network configuration: ${problems.join('; ')}`,
      details: undefined,
    });
  });

  test.each([
    ['valid', validFiles],
    ['invalid', invalidFiles],
  ])('is tried with every file that is said to be %s', (kind, files) => {
    expect(readdirSync(new URL(kind, folder)).sort()).toEqual(Object.keys(files));
  });

  test.each([
    ['vlan 0 as none', { vlan: 0 }, { vlan: 0 }],
    ['vlan 1', { vlan: 1 }, { vlan: 1 }],
    ['vlan 4094', { vlan: 4094 }, { vlan: 4094 }],
    ["mtu 0 as the kernel's default", { mtu: 0 }, { mtu: undefined }],
    ['the smallest mtu', { mtu: 68 }, { mtu: 68 }],
    ['the largest mtu', { mtu: 65535 }, { mtu: 65535 }],
    ['a bridge name of 15 bytes', { bridge: 'a-bridge-of-15b' }, { bridge: 'a-bridge-of-15b' }],
    ['vlanFiltering "require"', { vlanFiltering: 'require' }, {}],
    ['isGateway alone', { isGateway: true }, { isGateway: true }],
    [
      'isDefaultGateway, which means isGateway',
      { isDefaultGateway: true, isGateway: false },
      { isDefaultGateway: true, isGateway: true },
    ],
    [
      'an uplink by name',
      { vlan: 5, uplink: 'trunk0' },
      { vlan: 5, uplink: { link: 'trunk0', vids: 'attached' } },
    ],
    ['any other ipam than static, whatever is in it', { ipam: { type: 'dhcp', x: 1 } }, { ipam: 'unknown' }],
    [
      'a layer 2 network whose link stays down',
      { disableContainerInterface: true },
      { disableContainerInterface: true },
    ],
    ['the last of keys that differ in case only', '{"vlan": 5, "VLAN": 6}', { vlan: 6 }],
    ['a mac with hyphens', { mac: '02-00-5E-10-00-01' }, { mac: '02:00:5e:10:00:01' }],
    ['a mac with dots', { mac: '0200.5e10.0001' }, { mac: '02:00:5e:10:00:01' }],
  ])('accepts %s', (_what, config, different) => {
    expect(shown(readNetConf(requestOf(config)))).toEqual({ ...defaults, ...different });
  });

  test.each([
    ['a vlan below the range', '{"vlan": -1}', `vlan: -1: ${vlanRule}`],
    ['a vlan above the range', '{"vlan": 4095}', `vlan: 4095: ${vlanRule}`],
    ['a vlan as text', '{"vlan": "100"}', `vlan: "100": ${vlanRule}`],
    ['a vlan with a fraction', '{"vlan": 1.5}', `vlan: 1.5: ${vlanRule}`],
    ['a vlan with a fraction of zero', '{"vlan": 100.0}', `vlan: 100.0: ${vlanRule}`],
    ['a vlan with an exponent', '{"vlan": 1e2}', `vlan: 1e2: ${vlanRule}`],
    ['a vlan as boolean', '{"vlan": true}', `vlan: true: ${vlanRule}`],
    ['an mtu below 0', '{"mtu": -1}', `mtu: -1: ${mtuRule}`],
    ['an mtu that the kernel refuses as too small', '{"mtu": 67}', `mtu: 67: ${mtuRule}`],
    ['an mtu that the kernel refuses as too large', '{"mtu": 65536}', `mtu: 65536: ${mtuRule}`],
    ['an mtu with an exponent', '{"mtu": 15e2}', `mtu: 15e2: ${mtuRule}`],
    ['an empty bridge name', '{"bridge": ""}', `bridge: "": ${linkNameRule}`],
    [
      'a bridge name of 16 bytes in 15 characters',
      '{"bridge": "a-bridge-of-15é"}',
      `bridge: "a-bridge-of-15é": ${linkNameRule}`,
    ],
    ['a bridge name with a slash', '{"bridge": "br/0"}', `bridge: "br/0": ${linkNameRule}`],
    [
      'a bridge name that the kernel takes for a template',
      '{"bridge": "br%d"}',
      `bridge: "br%d": ${linkNameRule}`,
    ],
    [
      'vlanFiltering in another case',
      '{"vlanFiltering": "Enable"}',
      `vlanFiltering: "Enable": ${filteringRule}`,
    ],
    ['vlanFiltering that is empty', '{"vlanFiltering": ""}', `vlanFiltering: "": ${filteringRule}`],
    ['an ipam that is no object', '{"ipam": "static"}', 'ipam: "static": must be an object'],
    ['an ipam type that is no text', '{"ipam": {"type": 1}}', 'ipam.type: 1: must be a string'],
    ['dns with numbers', '{"dns": {"search": ["a", 1]}}', 'dns.search[1]: 1: must be a string'],
  ])('refuses %s', (_what, config, problem) => {
    expect(cniErrorOf(() => readNetConf(requestOf(config)))).toEqual({
      code: 7,
      msg: `invalid network configuration: ${problem}`,
      details: undefined,
    });
  });

  test('refuses what is wrong in CNI_ARGS before it says anything about the configuration', () => {
    const request = requestOf({ vlan: 4095 }, { args: 'MAC=junk' });
    expect(cniErrorOf(() => readNetConf(request))).toEqual({
      code: 4,
      msg: `CNI_ARGS.MAC: "junk": ${macRule}`,
      details: undefined,
    });
  });

  test.each([
    ['host-local', { ipam: { type: 'host-local' } }],
    ['dhcp', { ipam: { type: 'dhcp' } }],
    ['none', {}],
  ])('leaves IP= and GATEWAY= in CNI_ARGS unread where IPAM is %s', (_type, config) => {
    const args = 'IgnoreUnknown=1;IP=10.88.0.5;GATEWAY=router';
    expect(readNetConf(requestOf(config, { args })).bridge).toBe('cni0');
  });

  const macs = {
    runtime: { runtimeConfig: { mac: '02:00:00:00:00:01' } },
    args: { args: { cni: { mac: '02:00:00:00:00:02' } } },
    config: { mac: '02:00:00:00:00:04' },
  };
  test.each([
    [
      'runtimeConfig before all others',
      { ...macs.runtime, ...macs.args, ...macs.config },
      'MAC=02:00:00:00:00:03',
      '02:00:00:00:00:01',
    ],
    [
      'args.cni before CNI_ARGS',
      { ...macs.args, ...macs.config },
      'MAC=02:00:00:00:00:03',
      '02:00:00:00:00:02',
    ],
    ['CNI_ARGS before the configuration', macs.config, 'MAC=02:00:00:00:00:03', '02:00:00:00:00:03'],
    ['the configuration', macs.config, '', '02:00:00:00:00:04'],
    [
      'the next one where one is empty',
      { runtimeConfig: { mac: '' }, args: { cni: { mac: '' } }, ...macs.config },
      'MAC=',
      '02:00:00:00:00:04',
    ],
    ['none at all', {}, '', undefined],
  ])('takes the mac from %s', (_where, config, args, mac) => {
    expect(shown(readNetConf(requestOf(config, { args }))).mac).toBe(mac);
  });

  test.each([
    ['an empty object', {}, undefined],
    ['an empty domain', { domain: '' }, undefined],
    ['a domain', { domain: 'example.com' }, { domain: 'example.com' }],
    ['an empty list, which takes away what IPAM gives', { nameservers: [] }, { nameservers: [] }],
    ['an empty search list', { search: [] }, { search: [] }],
    ['an empty list of options', { options: [] }, { options: [] }],
  ])('takes dns with %s as set or not', (_what, dns, set) => {
    expect(readNetConf(requestOf({ dns })).dns).toEqual(set);
  });

  test.each([
    ['0.1.0', '0.1.0'],
    ['0.2.0', '0.2.0'],
  ] as const)('refuses layer 2 at %s, whose result needs an address', (_version, cniVersion) => {
    expect(cniErrorOf(() => readNetConf(requestOf({}, { cniVersion })))).toEqual({
      code: 7,
      msg: `invalid network configuration: cniVersion ${cniVersion} cannot show a result without an IP address, 0.3.0 and newer can`,
      details: undefined,
    });
  });

  test.each(['DEL', 'CHECK'] as const)('needs no address for %s, where Multus leaves IP= out', (verb) => {
    const request = requestOf({ ipam: { type: 'static' } }, { verb, cniVersion: '0.4.0' });
    expect(readNetConf(request).ipam?.staticResult).toEqual({ ips: [], routes: [], dns: {} });
  });
});
