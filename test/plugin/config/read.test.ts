import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatCidr, formatIp } from '../../../src/inet/cidr.ts';
import { formatMac } from '../../../src/inet/mac.ts';
import type { Ipam } from '../../../src/ipam/ipam.ts';
import type { NetConf } from '../../../src/plugin/config/netconf.ts';
import { readNetConf } from '../../../src/plugin/config/read.ts';
import { cniErrorOf } from '../../helpers/cni-error.ts';
import { requestOf } from '../../helpers/request-of.ts';

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
const multusArgs =
  'IgnoreUnknown=true;K8S_POD_NAMESPACE=n;K8S_POD_NAME=p;K8S_POD_NAMESPACE=n;MAC=02:00:00:00:00:02;IP=10.20.1.11/24';

const validFiles = {
  'by-hand.json': [
    '',
    {
      bridge: 'test-bridge',
      ipam: { ips: [['192.168.0.42/24', undefined]], routes: [], dns: {} },
    },
  ],
  'every-key.json': [
    '',
    {
      bridge: 'vlanbr0',
      vlan: 100,
      vlanTrunk: [
        { first: 200, last: 200 },
        { first: 300, last: 310 },
      ],
      preserveDefaultVlan: true,
      vlanFiltering: 'enable',
      uplink: {
        link: 'trunk0',
        vids: [
          { first: 100, last: 100 },
          { first: 200, last: 210 },
          { first: 300, last: 310 },
        ],
      },
      mtu: 9000,
      mac: '02:00:00:00:00:01',
      isGateway: true,
      isDefaultGateway: true,
      forceAddress: true,
      ipMasq: true,
      ipMasqBackend: 'nftables',
      hairpinMode: true,
      portIsolation: true,
      macspoofchk: true,
      enabledad: true,
      dns: {
        nameservers: ['10.20.1.1'],
        domain: 'example.com',
        search: ['example.com'],
        options: ['ndots:2'],
      },
      ipam: {
        ips: [
          ['10.20.1.11/24', '10.20.1.1'],
          ['fd00:20:1::11/64', 'fd00:20:1::1'],
        ],
        routes: [
          { dst: '0.0.0.0/0' },
          {
            dst: '10.30.0.0/16',
            gw: '10.20.1.2',
            mtu: 1400,
            advmss: 1360,
            priority: 50,
            table: 100,
            scope: 0,
          },
          { dst: '::/0', gw: 'fd00:20:1::1' },
        ],
        dns: { nameservers: ['10.20.1.9'] },
      },
    },
  ],
  'keys-in-any-case.json': [
    '',
    {
      bridge: 'vlanbr0',
      vlan: 100,
      vlanTrunk: [
        { first: 200, last: 200 },
        { first: 300, last: 310 },
      ],
      preserveDefaultVlan: true,
      vlanFiltering: 'enable',
      uplink: { link: 'trunk0', vids: [{ first: 1, last: 4094 }] },
      mtu: 1400,
      mac: '02:00:00:00:00:01',
      isGateway: true,
      ipMasqBackend: 'iptables',
      promiscMode: true,
      dns: { nameservers: ['10.20.1.1'] },
      ipam: { ips: [['10.20.1.11/24', '10.20.1.1']], routes: [], dns: {} },
    },
  ],
  'layer-2-trunk.json': ['', { bridge: 'vlanbr0', vlanTrunk: [{ first: 1, last: 4094 }] }],
  'multus-address-from-cni-args.json': [
    multusArgs,
    {
      bridge: 'vlanbr0',
      vlan: 2001,
      mac: '02:00:00:00:00:02',
      ipam: { ips: [['10.20.1.11/24', undefined]], routes: [], dns: {} },
    },
  ],
  'nulls-are-absent.json': ['', {}],
  'reference-keys-switched-off.json': ['', {}],
  'reference-keys-switched-on.json': [
    '',
    {
      bridge: 'mynet0',
      isGateway: true,
      isDefaultGateway: true,
      forceAddress: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: 'unknown',
    },
  ],
} as const;

const linkNameRule =
  'must be a link name: 1 to 15 bytes, not "." or "..", without "/", ":", "%", white space and control characters';
const vlanRule = 'must be a whole number from 0 to 4094';
const mtuRule = "must be 0 (the kernel's default) or a whole number from 68 to 65535";
const macRule = 'must be a unicast link-layer address of 6 octets, such as "02:00:00:00:00:01"';
const backendRule = 'must be "nftables", "iptables" or empty';
const filteringRule = 'must be "require" or "enable"';

const invalidFiles = {
  'addresses-on-a-link-that-is-down.json': [
    'mtu: 1000: must be at least 1280 for IPv6',
    'disableContainerInterface: true: cannot go with ipam: a link that is down has no addresses',
  ],
  'every-problem-at-once.json': [
    `bridge: "a-bridge-of-16-b": ${linkNameRule}`,
    `vlan: 4095: ${vlanRule}`,
    'preserveDefaultVlan: "yes": must be true or false',
    `vlanFiltering: "auto": ${filteringRule}`,
    `mtu: 67: ${mtuRule}`,
    `mac: "01:00:5e:00:00:01": ${macRule}`,
    'isGateway: "yes": must be true or false',
    'isDefaultGateway: 1: must be true or false',
    'forceAddress: []: must be true or false',
    'ipMasq: "true": must be true or false',
    `ipMasqBackend: "nft": ${backendRule}`,
    'hairpinMode: 1: must be true or false',
    'promiscMode: "on": must be true or false',
    'portIsolation: {}: must be true or false',
    'macspoofchk: 0: must be true or false',
    'enabledad: "no": must be true or false',
    'disableContainerInterface: 0: must be true or false',
    'dns.nameservers: "10.20.1.1": must be a list',
    `args.cni.mac: "junk": ${macRule}`,
    `runtimeConfig.mac: "02:00:00:00:00:00:00:01": ${macRule}`,
    'vlanTrunk[0]: {"minID":20,"maxID":10}: minID must not be greater than maxID',
    'uplink.vids[1]: 4095: must be a VLAN from 1 to 4094, or a range such as "200-210"',
    'ipam.addresses[0].address: "10.20.1.0/24": is the address of its network, not of a host',
    'ipam.addresses[0].gateway: "10.20.2.1": is outside of the subnet of "10.20.1.0/24"',
    'ipam.addresses[1].gateway: "fd00::1": is of another family than its address "10.20.1.11/24"',
    'ipam.routes[0].dst: "10.20.1.7/24": has host bits; the network is "10.20.1.0/24"',
  ],
  'keys-that-cannot-go-together.json': [
    'hairpinMode: true: cannot go with promiscMode: frames would come back to their sender twice',
    'bridge: "bridge-of-12": is too long a name: the gateway link of VLAN 100 would be "bridge-of-12.100", and 15 bytes are the limit',
    'uplink.vids: "200-210": must hold VLAN 100 of this network too',
  ],
  'wrong-types-everywhere.json': [
    `bridge: 7: ${linkNameRule}`,
    `vlan: "100": ${vlanRule}`,
    'preserveDefaultVlan: 1: must be true or false',
    `vlanFiltering: true: ${filteringRule}`,
    `mtu: "1500": ${mtuRule}`,
    `mac: 1: ${macRule}`,
    'disableContainerInterface: "false": must be true or false',
    'dns: []: must be an object',
    'args: []: must be an object',
    'runtimeConfig: "ips": must be an object',
    'vlanTrunk: {}: must be a list',
    'uplink: 7: must be a link name, or an object such as {"link": "trunk0", "vids": "attached"}',
    'ipam.addresses: {}: must be a list',
    'ipam.routes: "default": must be a list',
    'ipam.dns: 1: must be an object',
  ],
} as const;

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
