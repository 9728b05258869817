import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KernelState, kernelState } from '../helpers/kernel-state.ts';
import { createNetns, fileCleanup, ip, type Netns } from '../helpers/netns.ts';
import { glance } from '../helpers/read-proc-net.ts';
import { type PluginCall, runPlugin } from '../helpers/run-plugin.ts';
import { inhabit } from '../helpers/sleeper.ts';

/** What the built executable answers to every kind of wrong input, and that it leaves nothing behind. */

/** What is wrong, how the plugin is called, and the error it must answer with. */
type Row = readonly [
  what: string,
  call: Partial<PluginCall>,
  code: number,
  msg: string | RegExp,
  more?: { readonly cniVersion?: string; readonly details?: string | RegExp },
];

/** Paths that are known before anything is made. */
const folder = join(tmpdir(), `vlan-bridge-bad-input-${process.pid}`);
const podPath = join(folder, 'pod');
const ownPath = join(folder, 'own');
const socketPath = join(folder, 'socket');

const ipam = { type: 'static', addresses: [{ address: '10.20.1.11/24' }] };
const base = {
  cniVersion: '1.0.0',
  name: 'vlan-100',
  type: 'vlan-bridge',
  bridge: 'vlanbr0',
  vlan: 100,
  ipam,
};

const config = (different: object): Partial<PluginCall> => ({ config: { ...base, ...different } });
/** The same with a value as JSON to the letter. */
const literal = (key: string, json: string): Partial<PluginCall> => ({
  config: JSON.stringify({ ...base, [key]: 'LITERAL' }).replace('"LITERAL"', json),
});
const withIpam = (different: object) => config({ ipam: { ...ipam, ...different } });
const withAddresses = (...addresses: readonly object[]) => withIpam({ addresses });
const withRoutes = (...routes: readonly object[]) => withIpam({ routes });
const withoutVariable = (name: string): Partial<PluginCall> => ({ env: { [name]: undefined } });

/** Nothing was read that names a version. */
const newest = { cniVersion: '1.1.0' };
const invalid = (problem: string) => `invalid network configuration: ${problem}`;

const stdinRows: readonly Row[] = [
  [
    'an empty stdin',
    { config: '' },
    6,
    'network configuration is expected on stdin, but stdin is empty',
    newest,
  ],
  [
    'nothing but white space',
    { config: ' \n' },
    6,
    'network configuration is expected on stdin, but stdin is empty',
    newest,
  ],
  [
    'what is not JSON',
    { config: 'bridge: cni0' },
    6,
    'network configuration is not valid JSON',
    { ...newest, details: /./ },
  ],
  [
    'JSON that is cut short',
    { config: '{"name": "a"' },
    6,
    'network configuration is not valid JSON',
    { ...newest, details: /./ },
  ],
  [
    'JSON followed by bytes',
    { config: `${JSON.stringify(base)} {}` },
    6,
    'network configuration is not valid JSON',
    { ...newest, details: /./ },
  ],
  [
    'null',
    { config: 'null' },
    6,
    'network configuration is not a JSON object',
    { ...newest, details: 'null: must be an object' },
  ],
  [
    'a list',
    { config: '[]' },
    6,
    'network configuration is not a JSON object',
    { ...newest, details: '[]: must be an object' },
  ],
  [
    'a text',
    { config: '"a"' },
    6,
    'network configuration is not a JSON object',
    { ...newest, details: '"a": must be an object' },
  ],
  [
    'a number',
    { config: '1.5' },
    6,
    'network configuration is not a JSON object',
    { ...newest, details: '1.5: must be an object' },
  ],
  [
    '10 MB',
    { config: JSON.stringify({ ...base, filler: 'x'.repeat(10_000_000) }) },
    6,
    'network configuration is larger than 4194304 bytes',
    newest,
  ],
];

const idRule = 'must be letters, digits, "_", "." and "-", the first one a letter or digit';
const characterRule = 'must not contain "/", ":", "%", white space or control characters';
const verbs = { ...newest, details: 'CNI_COMMAND must be one of ADD, DEL, CHECK, GC, STATUS, VERSION' };

const environmentRows: readonly Row[] = [
  [
    'a missing CNI_CONTAINERID',
    withoutVariable('CNI_CONTAINERID'),
    4,
    'required env variables [CNI_CONTAINERID] missing',
    newest,
  ],
  [
    'an empty CNI_CONTAINERID',
    { containerId: '' },
    4,
    'required env variables [CNI_CONTAINERID] missing',
    newest,
  ],
  [
    'a missing CNI_NETNS',
    withoutVariable('CNI_NETNS'),
    4,
    'required env variables [CNI_NETNS] missing',
    newest,
  ],
  [
    'a missing CNI_IFNAME',
    withoutVariable('CNI_IFNAME'),
    4,
    'required env variables [CNI_IFNAME] missing',
    newest,
  ],
  [
    'all variables missing',
    { env: { CNI_CONTAINERID: undefined, CNI_NETNS: undefined, CNI_IFNAME: undefined, CNI_PATH: undefined } },
    4,
    'required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME] missing',
    newest,
  ],
  [
    'DEL with all variables missing, of which it needs two',
    { verb: 'DEL', env: { CNI_CONTAINERID: undefined, CNI_NETNS: undefined, CNI_IFNAME: undefined } },
    4,
    'required env variables [CNI_CONTAINERID,CNI_IFNAME] missing',
    newest,
  ],
  [
    'a missing and two malformed variables',
    { containerId: '-a', ifname: 'a b', env: { CNI_NETNS: undefined } },
    4,
    `required env variables [CNI_NETNS] missing; CNI_CONTAINERID "-a" ${idRule}; CNI_IFNAME "a b" ${characterRule}`,
    newest,
  ],
  ['a container ID with a slash', { containerId: 'a/b' }, 4, `CNI_CONTAINERID "a/b" ${idRule}`, newest],
  [
    'a container ID that begins with a dot',
    { containerId: '.a' },
    4,
    `CNI_CONTAINERID ".a" ${idRule}`,
    newest,
  ],
  [
    'a container ID with a line break at its end',
    { containerId: 'a\n' },
    4,
    `CNI_CONTAINERID "a\\n" ${idRule}`,
    newest,
  ],
  [
    'a template of the kernel as link name',
    { ifname: 'net%d' },
    4,
    `CNI_IFNAME "net%d" ${characterRule}`,
    newest,
  ],
  [
    'a link name of 16 bytes',
    { ifname: 'a-link-of-16-byt' },
    4,
    'CNI_IFNAME "a-link-of-16-byt" must be 1 to 15 bytes long',
    newest,
  ],
  [
    'a link name of 16 bytes in 15 characters',
    { ifname: 'a-link-of-15-bé' },
    4,
    'CNI_IFNAME "a-link-of-15-bé" must be 1 to 15 bytes long',
    newest,
  ],
  ['"." as link name', { ifname: '.' }, 4, 'CNI_IFNAME "." must not be "." or ".."', newest],
  ['".." as link name', { ifname: '..' }, 4, 'CNI_IFNAME ".." must not be "." or ".."', newest],
  ['a link name with a slash', { ifname: 'a/b' }, 4, `CNI_IFNAME "a/b" ${characterRule}`, newest],
  ['a link name with a colon', { ifname: 'a:b' }, 4, `CNI_IFNAME "a:b" ${characterRule}`, newest],
  ['a link name with a tab', { ifname: 'a\tb' }, 4, `CNI_IFNAME "a\\tb" ${characterRule}`, newest],
  [
    'a link name with white space of Unicode',
    { ifname: 'a\u2003b' },
    4,
    `CNI_IFNAME "a\u2003b" ${characterRule}`,
    newest,
  ],
  ['an unknown command', { verb: 'ATTACH' }, 4, 'unknown CNI_COMMAND: ATTACH', verbs],
  ['a command in lower case', { verb: 'add' }, 4, 'unknown CNI_COMMAND: add', verbs],
  ['a command that every object has', { verb: 'constructor' }, 4, 'unknown CNI_COMMAND: constructor', verbs],
];

const versions = '["0.1.0","0.2.0","0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]';

const protocolRows: readonly Row[] = [
  [
    'an unknown version',
    config({ cniVersion: '2.0.0' }),
    1,
    'incompatible CNI versions',
    { ...newest, details: `config is "2.0.0", plugin supports ${versions}` },
  ],
  [
    'a version that is not to the letter',
    config({ cniVersion: '1.0' }),
    1,
    'incompatible CNI versions',
    { ...newest, details: `config is "1.0", plugin supports ${versions}` },
  ],
  ['a version that is no text', config({ cniVersion: 1 }), 6, 'cniVersion: 1: must be a string', newest],
  ['a missing name', config({ name: undefined }), 7, 'missing network name'],
  ['an empty name', config({ name: '' }), 7, 'missing network name'],
  ['a name that is no text', config({ name: 5 }), 6, 'name: 5: must be a string'],
  [
    'a name with a space',
    config({ name: 'vlan 100' }),
    7,
    'invalid characters found in network name',
    { details: `name "vlan 100" ${idRule}` },
  ],
  [
    'a name that begins with a hyphen',
    config({ name: '-a' }),
    7,
    'invalid characters found in network name',
    { details: `name "-a" ${idRule}` },
  ],
  [
    'CHECK below 0.4.0',
    { verb: 'CHECK', ...config({ cniVersion: '0.3.1' }) },
    1,
    'config version does not allow CHECK',
    { cniVersion: '0.3.1', details: 'config is "0.3.1", CHECK needs "0.4.0" or newer' },
  ],
  [
    'CHECK without prevResult',
    { verb: 'CHECK', ...config({}) },
    7,
    'prevResult is missing: CHECK compares with the result of ADD',
  ],
  [
    'CHECK with a prevResult that is none',
    { verb: 'CHECK', ...config({ prevResult: 5 }) },
    6,
    'CNI result is not understood',
    { details: '5: must be an object' },
  ],
  [
    'CHECK with a prevResult of an unknown version',
    { verb: 'CHECK', ...config({ prevResult: { cniVersion: '9.9.9' } }) },
    6,
    'unsupported CNI result version "9.9.9"',
  ],
  [
    'CHECK with junk in prevResult',
    {
      verb: 'CHECK',
      ...config({ prevResult: { cniVersion: '1.0.0', interfaces: [null], ips: [{ address: 5 }] } }),
    },
    6,
    'CNI result is not understood',
    { details: 'interfaces[0]: null: must be an object\nips[0].address: 5: must be a string' },
  ],
  [
    'ADD with a prevResult that is none',
    config({ prevResult: 5 }),
    6,
    'CNI result is not understood',
    { details: '5: must be an object' },
  ],
  [
    'two IPv4 addresses at 0.2.0',
    config({
      cniVersion: '0.2.0',
      ipam: { type: 'static', addresses: [{ address: '10.20.1.11/24' }, { address: '10.20.2.11/24' }] },
    }),
    7,
    invalid('cniVersion 0.2.0 cannot show more than one address of a family, 0.3.0 and newer can'),
    { cniVersion: '0.2.0' },
  ],
  [
    'layer 2 at 0.2.0',
    config({ cniVersion: '0.2.0', ipam: {} }),
    7,
    invalid('cniVersion 0.2.0 cannot show a result without an IP address, 0.3.0 and newer can'),
    { cniVersion: '0.2.0' },
  ],
  [
    'layer 2 without a version, which means 0.1.0',
    config({ cniVersion: undefined, ipam: {} }),
    7,
    invalid('cniVersion 0.1.0 cannot show a result without an IP address, 0.3.0 and newer can'),
    { cniVersion: '0.1.0' },
  ],
];

const vlanRule = 'must be a whole number from 0 to 4094';
const vidRule = 'must be a whole number from 1 to 4094';

const vlanRows: readonly Row[] = [
  ...['-1', '4095', '"100"', '1.5', '1e2', 'true'].map(
    (json): Row => [`vlan ${json}`, literal('vlan', json), 7, invalid(`vlan: ${json}: ${vlanRule}`)],
  ),
  ['null in vlanTrunk', config({ vlanTrunk: [null] }), 7, invalid('vlanTrunk[0]: null: must be an object')],
  ['an object as vlanTrunk', config({ vlanTrunk: {} }), 7, invalid('vlanTrunk: {}: must be a list')],
  ['a number as vlanTrunk', config({ vlanTrunk: 100 }), 7, invalid('vlanTrunk: 100: must be a list')],
  ['VID 0 in vlanTrunk', config({ vlanTrunk: [{ id: 0 }] }), 7, invalid(`vlanTrunk[0].id: 0: ${vidRule}`)],
  [
    'VID 4095 in vlanTrunk',
    config({ vlanTrunk: [{ id: 1 }, { minID: 2, maxID: 4095 }] }),
    7,
    invalid(`vlanTrunk[1].maxID: 4095: ${vidRule}`),
  ],
  [
    'a range that runs backwards',
    config({ vlanTrunk: [{ minID: 20, maxID: 10 }] }),
    7,
    invalid('vlanTrunk[0]: {"minID":20,"maxID":10}: minID must not be greater than maxID'),
  ],
  [
    'a range without an end',
    config({ vlanTrunk: [{ minID: 20 }] }),
    7,
    invalid('vlanTrunk[0]: {"minID":20}: maxID is missing; a range has both minID and maxID'),
  ],
  [
    'a range without a start',
    config({ vlanTrunk: [{ maxID: 20 }] }),
    7,
    invalid('vlanTrunk[0]: {"maxID":20}: minID is missing; a range has both minID and maxID'),
  ],
  [
    'several problems at once',
    config({ vlan: 4095, vlanTrunk: [{ minID: 2, maxID: 1 }], mtu: -1 }),
    7,
    invalid(
      `vlan: 4095: ${vlanRule}; mtu: -1: must be 0 (the kernel's default) or a whole number from 68 to 65535; vlanTrunk[0]: {"minID":2,"maxID":1}: minID must not be greater than maxID`,
    ),
  ],
];

const cidrRule = 'must be an address with its prefix length, such as "10.20.1.11/24"';

const addressRows: readonly Row[] = [
  [
    'an address without prefix',
    withAddresses({ address: '10.20.1.11' }),
    7,
    invalid(`ipam.addresses[0].address: "10.20.1.11": ${cidrRule}`),
  ],
  [
    'an address without prefix in args.cni.ips',
    config({ args: { cni: { ips: ['10.20.1.11'] } } }),
    7,
    invalid(`args.cni.ips[0]: "10.20.1.11": ${cidrRule}`),
  ],
  [
    'an address without prefix in runtimeConfig.ips',
    config({ runtimeConfig: { ips: ['10.20.1.11'] } }),
    7,
    invalid(`runtimeConfig.ips[0]: "10.20.1.11": ${cidrRule}`),
  ],
  [
    'an octet with a leading zero',
    withAddresses({ address: '010.20.1.11/24' }),
    7,
    invalid(`ipam.addresses[0].address: "010.20.1.11/24": ${cidrRule}`),
  ],
  [
    'null among the addresses',
    withAddresses(null as unknown as object),
    7,
    invalid('ipam.addresses[0]: null: must be an object'),
  ],
  [
    'an address given twice',
    withAddresses({ address: '10.20.1.11/24' }, { address: '10.20.1.11/24' }),
    7,
    invalid('ipam.addresses[1].address: "10.20.1.11": is given more than once'),
  ],
  [
    'an address given by the configuration and by IP=',
    { ...config({}), args: 'IP=10.20.1.11/24' },
    7,
    invalid('CNI_ARGS.IP: "10.20.1.11": is given more than once'),
  ],
  [
    'a gateway outside of the subnet',
    withAddresses({ address: '10.20.1.11/24', gateway: '10.20.2.1' }),
    7,
    invalid('ipam.addresses[0].gateway: "10.20.2.1": is outside of the subnet of "10.20.1.11/24"'),
  ],
  [
    'a gateway of the other family',
    withAddresses({ address: '10.20.1.11/24', gateway: 'fd00::1' }),
    7,
    invalid('ipam.addresses[0].gateway: "fd00::1": is of another family than its address "10.20.1.11/24"'),
  ],
  [
    'the own address as gateway',
    withAddresses({ address: '10.20.1.11/24', gateway: '10.20.1.11' }),
    7,
    invalid('ipam.addresses[0].gateway: "10.20.1.11": is the address of the container itself'),
  ],
  [
    'a gateway that is no address',
    withAddresses({ address: '10.20.1.11/24', gateway: 'router' }),
    7,
    invalid('ipam.addresses[0].gateway: "router": must be an IP address, or empty'),
  ],
  [
    'a network address',
    withAddresses({ address: '10.20.1.0/24' }),
    7,
    invalid('ipam.addresses[0].address: "10.20.1.0/24": is the address of its network, not of a host'),
  ],
  [
    'a broadcast address',
    withAddresses({ address: '10.20.1.255/24' }),
    7,
    invalid('ipam.addresses[0].address: "10.20.1.255/24": is the broadcast address of its subnet'),
  ],
  [
    'an IPv4 multicast address',
    withAddresses({ address: '224.0.0.9/24' }),
    7,
    invalid('ipam.addresses[0].address: "224.0.0.9/24": is a multicast or reserved address'),
  ],
  [
    'an IPv6 multicast address',
    withAddresses({ address: 'ff02::9/64' }),
    7,
    invalid('ipam.addresses[0].address: "ff02::9/64": is a multicast address'),
  ],
  [
    'the unspecified address',
    withAddresses({ address: '0.0.0.0/0' }),
    7,
    invalid('ipam.addresses[0].address: "0.0.0.0/0": is the unspecified address'),
  ],
  [
    'an IPv4 route with host bits',
    withRoutes({ dst: '10.30.0.5/16' }),
    7,
    invalid('ipam.routes[0].dst: "10.30.0.5/16": has host bits; the network is "10.30.0.0/16"'),
  ],
  [
    'a route given twice',
    withRoutes({ dst: '10.30.0.0/16', gw: '10.20.1.1' }, { dst: '10.30.0.0/16', gw: '10.20.1.1' }),
    7,
    invalid('ipam.routes[1]: "10.30.0.0/16 via 10.20.1.1": is given more than once'),
  ],
  [
    'a route by a next hop of the other family',
    withRoutes({ dst: '10.30.0.0/16', gw: 'fd00::1' }),
    7,
    invalid('ipam.routes[0].gw: "fd00::1": must be an IPv4 address, as dst is'),
  ],
  ['a route without a destination', withRoutes({}), 7, invalid(`ipam.routes[0].dst: missing: ${cidrRule}`)],
  [
    'static without any address',
    withIpam({ addresses: [] }),
    7,
    invalid(
      'ipam: no address: neither ipam.addresses nor args.cni.ips, runtimeConfig.ips or IP= in CNI_ARGS gives one',
    ),
  ],
  [
    'ipam for a link that stays down',
    config({ disableContainerInterface: true }),
    7,
    invalid('disableContainerInterface: true: cannot go with ipam: a link that is down has no addresses'),
  ],
];

const macRule = 'must be a unicast link-layer address of 6 octets, such as "02:00:00:00:00:01"';
const badMacs = ['01:00:5e:00:00:01', '00:00:00:00:00:00', '02:00:00:00:00:00:00:01', 'junk'];

const macRows: readonly Row[] = badMacs.flatMap((mac): Row[] => [
  [`mac ${mac}`, config({ mac }), 7, invalid(`mac: "${mac}": ${macRule}`)],
  [
    `mac ${mac} in args.cni`,
    config({ args: { cni: { mac } } }),
    7,
    invalid(`args.cni.mac: "${mac}": ${macRule}`),
  ],
  [
    `mac ${mac} in runtimeConfig`,
    config({ runtimeConfig: { mac } }),
    7,
    invalid(`runtimeConfig.mac: "${mac}": ${macRule}`),
  ],
  [`MAC=${mac}`, { args: `MAC=${mac}` }, 4, `CNI_ARGS.MAC: "${mac}": ${macRule}`],
]);

const gatewayRule = 'must be an IP address, such as "10.20.1.1"';

const argsRows: readonly Row[] = [
  [
    'a pair without "="',
    { args: 'IgnoreUnknown=1;IP' },
    4,
    'CNI_ARGS: invalid pairs ["IP"], must be Key=Value',
  ],
  [
    'an unknown key',
    { args: 'IP=10.20.1.12/24;K8S_POD_NAME=p' },
    4,
    'CNI_ARGS: unknown args ["K8S_POD_NAME=p"] without IgnoreUnknown=true',
  ],
  [
    'an IgnoreUnknown that is no boolean',
    { args: 'IgnoreUnknown=yes' },
    4,
    'CNI_ARGS: IgnoreUnknown=yes, must be true, 1, false or 0',
  ],
  ['IP= without prefix', { args: 'IP=10.20.1.12' }, 4, `CNI_ARGS.IP: "10.20.1.12": ${cidrRule}`],
  [
    'a bad IP= that runtimeConfig.ips would override',
    { ...config({ runtimeConfig: { ips: ['10.20.1.12/24'] } }), args: 'IP=x' },
    4,
    `CNI_ARGS.IP: "x": ${cidrRule}`,
  ],
  [
    'GATEWAY= that is no address',
    { args: 'GATEWAY=router' },
    4,
    `CNI_ARGS.GATEWAY: "router": ${gatewayRule}`,
  ],
  [
    'GATEWAY= in the subnet of no address',
    { args: 'GATEWAY=10.20.2.1' },
    7,
    invalid('CNI_ARGS.GATEWAY: "10.20.2.1": is in the subnet of no address'),
  ],
];

const mtuRule = "must be 0 (the kernel's default) or a whole number from 68 to 65535";
const linkNameRule =
  'must be a link name: 1 to 15 bytes, not "." or "..", without "/", ":", "%", white space and control characters';

const linkRows: readonly Row[] = [
  ['an mtu that is too large', config({ mtu: 65536 }), 7, invalid(`mtu: 65536: ${mtuRule}`)],
  ['an mtu that is too small', config({ mtu: 67 }), 7, invalid(`mtu: 67: ${mtuRule}`)],
  [
    'an mtu that is too small for IPv6',
    config({ mtu: 1279, ipam: { type: 'static', addresses: [{ address: 'fd00::11/64' }] } }),
    7,
    invalid('mtu: 1279: must be at least 1280 for IPv6'),
  ],
  [
    'a bridge name of 16 bytes',
    config({ bridge: 'a-bridge-of-16-b' }),
    7,
    invalid(`bridge: "a-bridge-of-16-b": ${linkNameRule}`),
  ],
  ['an empty bridge name', config({ bridge: '' }), 7, invalid(`bridge: "": ${linkNameRule}`)],
  ['a bridge name with a slash', config({ bridge: 'br/0' }), 7, invalid(`bridge: "br/0": ${linkNameRule}`)],
  [
    'a template of the kernel as bridge name',
    config({ bridge: 'br%d' }),
    7,
    invalid(`bridge: "br%d": ${linkNameRule}`),
  ],
  [
    'a bridge that is no bridge',
    config({ bridge: 'wire0' }),
    101,
    '"wire0" is not a bridge (it is a veth link); name another bridge in "bridge"',
  ],
  [
    'the loopback as bridge',
    config({ bridge: 'lo' }),
    101,
    '"lo" is not a bridge; name another bridge in "bridge"',
  ],
  [
    'a link name that is taken',
    { ifname: 'taken0' },
    102,
    `CNI_IFNAME "taken0" already exists in network namespace "${podPath}"`,
  ],
];

const notANetns = (path: string): Row => {
  const problem = `"${path}" is not a network namespace`;
  return [
    `${path.replace(folder, 'a')} as network namespace`,
    { netns: path },
    8,
    `CNI_NETNS: ${problem}`,
    { details: problem },
  ];
};
const missing = (path: string, errno: string): Row => {
  const problem = `network namespace "${path}" does not exist`;
  return [
    `the path ${path.replace(folder, '...')}, where nothing is`,
    { netns: path },
    8,
    `CNI_NETNS: ${problem}`,
    { details: `${problem}: open "${path}": ${errno}` },
  ];
};

const netnsRows: readonly Row[] = [
  missing(join(folder, 'missing'), 'ENOENT (no such file or directory)'),
  missing(join(folder, 'file/net'), 'ENOTDIR (not a directory)'),
  notANetns(join(folder, 'file')),
  notANetns(folder),
  notANetns(join(folder, 'fifo')),
  notANetns('/proc/self/ns/mnt'),
  notANetns('/dev/null'),
  [
    'a socket as network namespace',
    { netns: socketPath },
    8,
    `CNI_NETNS: open "${socketPath}": ENXIO (no such device or address)`,
    { details: `open "${socketPath}": ENXIO (no such device or address)` },
  ],
  [
    'the own network namespace',
    { netns: ownPath },
    8,
    `CNI_NETNS "${ownPath}" is the network namespace that the plugin runs in`,
  ],
  [
    'CHECK of the own network namespace',
    { verb: 'CHECK', netns: ownPath, ...config({ prevResult: {} }) },
    8,
    `CNI_NETNS "${ownPath}" is the network namespace that the plugin runs in`,
  ],
];

const switches = [
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

const switchRows: readonly Row[] = [
  ...switches.map(
    (key): Row => [
      `${key} as text`,
      config({ [key]: 'true' }),
      7,
      invalid(`${key}: "true": must be true or false`),
    ],
  ),
  [
    '"nft" as backend, even without ipMasq',
    config({ ipMasqBackend: 'nft' }),
    7,
    invalid('ipMasqBackend: "nft": must be "nftables", "iptables" or empty'),
  ],
  [
    'hairpinMode with promiscMode',
    config({ hairpinMode: true, promiscMode: true }),
    7,
    invalid('hairpinMode: true: cannot go with promiscMode: frames would come back to their sender twice'),
  ],
  [
    'a gateway link with a name of 16 bytes',
    config({ bridge: 'bridge-of-12', isGateway: true }),
    7,
    invalid(
      'bridge: "bridge-of-12": is too long a name: the gateway link of VLAN 100 would be "bridge-of-12.100", and 15 bytes are the limit',
    ),
  ],
  [
    'isGateway for the address that is the gateway itself',
    config({ isGateway: true, ipam: { type: 'static', addresses: [{ address: '10.20.1.1/24' }] } }),
    7,
    'isGateway: true: address "10.20.1.1/24" is the gateway "10.20.1.1" itself',
  ],
  [
    'isDefaultGateway for an address without a subnet',
    config({ isDefaultGateway: true, ipam: { type: 'static', addresses: [{ address: '10.20.1.11/32' }] } }),
    7,
    'isGateway: true: address "10.20.1.11/32" has no subnet to take a gateway from',
  ],
];

const ipamRows: readonly Row[] = [
  [
    'an IPAM plugin that is not there',
    { ...config({ ipam: { type: 'no-such-ipam' } }), path: '/opt/none:/opt/cni/none' },
    7,
    'cannot find plugin "no-such-ipam": it is not in CNI_PATH "/opt/none:/opt/cni/none"',
  ],
  [
    'an IPAM plugin without CNI_PATH',
    { ...config({ ipam: { type: 'no-such-ipam' } }), env: { CNI_PATH: undefined } },
    7,
    'cannot find plugin "no-such-ipam": CNI_PATH is empty',
  ],
  [
    'an IPAM plugin by a path',
    config({ ipam: { type: '../bin/true' } }),
    7,
    'plugin type "../bin/true" must not contain "/"',
  ],
  [
    'an IPAM type that is no text',
    config({ ipam: { type: 1 } }),
    7,
    invalid('ipam.type: 1: must be a string'),
  ],
];

const vidsRule = 'must be "attached", "all" or a list of VLANs such as [100, "200-210"]';
const itemRule = 'must be a VLAN from 1 to 4094, or a range such as "200-210"';
const withVids = (vids: unknown) => config({ uplink: { link: 'wire0', vids } });

const openTrunk =
  'uplink: "wire0": needs "vlan" or "vlanTrunk": without a VLAN the pod would be on every VLAN of the uplink';

const uplinkRows: readonly Row[] = [
  ['an empty uplink', config({ uplink: '' }), 7, invalid('uplink.link: "": must be a link name')],
  [
    'an uplink with a slash',
    config({ uplink: 'a/b' }),
    7,
    invalid('uplink.link: "a/b": must be a link name'),
  ],
  [
    'an uplink without a link',
    config({ uplink: {} }),
    7,
    invalid('uplink.link: missing: must be a link name'),
  ],
  [
    'an uplink that is false',
    config({ uplink: false }),
    7,
    invalid(
      'uplink: false: must be a link name, or an object such as {"link": "trunk0", "vids": "attached"}',
    ),
  ],
  ['vids that are no list', withVids('some'), 7, invalid(`uplink.vids: "some": ${vidsRule}`)],
  ['an empty list of vids', withVids([]), 7, invalid(`uplink.vids: []: ${vidsRule}`)],
  ['VID 4095 in vids', withVids([100, 4095]), 7, invalid(`uplink.vids[1]: 4095: ${itemRule}`)],
  ['a range of vids backwards', withVids(['20-10']), 7, invalid(`uplink.vids[0]: "20-10": ${itemRule}`)],
  [
    'vids without the own VLAN',
    withVids(['200-210']),
    7,
    invalid('uplink.vids: "200-210": must hold VLAN 100 of this network too'),
  ],
  ['an uplink without a VLAN', config({ vlan: null, uplink: 'wire0' }), 7, invalid(openTrunk)],
  [
    'an uplink with a misspelt key for the VLAN',
    config({ vlan: undefined, vlanId: 100, uplink: { link: 'wire0', vids: 'all' } }),
    7,
    invalid(openTrunk),
  ],
  ['an uplink with vlan 0', config({ vlan: 0, uplink: 'wire0' }), 7, invalid(openTrunk)],
  [
    'an uplink with an empty trunk',
    config({ vlan: 0, vlanTrunk: [{}], uplink: 'wire0' }),
    7,
    invalid(openTrunk),
  ],
  ['an uplink that is not there', config({ uplink: 'nope0' }), 105, 'uplink "nope0" does not exist'],
  [
    'an mtu above that of the uplink',
    config({ uplink: 'wire0', mtu: 9000 }),
    105,
    'uplink "wire0" has MTU 1500, less than the 9000 of the configuration; raise it, or lower "mtu"',
  ],
];

const cleanup = fileCleanup();
let node: Netns;
let pod: Netns;
let before: readonly KernelState[];
let inhabitants: readonly number[];
let glanceBefore: readonly string[];

const state = () => Promise.all([kernelState(node), kernelState(pod)]);

beforeAll(async () => {
  node = await createNetns('node', cleanup);
  pod = await createNetns('pod', cleanup);
  await ip(node, 'link add wire0 type veth peer name wire1');
  await ip(pod, 'link add taken0 type veth peer name taken1');
  mkdirSync(folder);
  symlinkSync(pod.path, podPath);
  symlinkSync(node.path, ownPath);
  writeFileSync(join(folder, 'file'), '');
  await execa('mkfifo', [join(folder, 'fifo')]);
  const listen =
    'require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, 9))';
  await execa(process.execPath, ['-e', listen, socketPath], { reject: false });
  before = await state();
  inhabitants = await Promise.all([node, pod].map(inhabit));
  glanceBefore = inhabitants.flatMap(glance);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tables: readonly (readonly [string, readonly Row[]])[] = [
  ['stdin', stdinRows],
  ['the environment', environmentRows],
  ['names, versions and prevResult', protocolRows],
  ['VLANs', vlanRows],
  ['addresses and routes', addressRows],
  ['link-layer addresses', macRows],
  ['CNI_ARGS', argsRows],
  ['links', linkRows],
  ['network namespaces', netnsRows],
  ['switches and gateways', switchRows],
  ['IPAM plugins', ipamRows],
  ['uplinks', uplinkRows],
];

describe.each(tables)('bad input: %s', (_part, rows) => {
  test.concurrent.for(rows)('refuses %s', async ([_what, call, code, msg, more = {}]) => {
    const { cniVersion = '1.0.0', details } = more;
    const { stdout, stderr, exitCode } = await runPlugin({
      verb: 'ADD',
      node: node.name,
      netns: podPath,
      config: base,
      ...call,
    });
    expect({ error: JSON.parse(stdout), stderr, exitCode }).toEqual({
      error: { cniVersion, code, msg: words(msg), details: words(details) },
      stderr: '',
      exitCode: 1,
    });
    expect(inhabitants.flatMap(glance)).toEqual(glanceBefore);
  });
});

test('refusing leaves everything as it was', async () => {
  expect(await state()).toEqual(before);
});

function words(expected: string | RegExp | undefined): unknown {
  return expected instanceof RegExp ? expect.stringMatching(expected) : expected;
}

const nothingAsked = [
  ['false', false],
  ['null', null],
] as const;
test.concurrent.for(nothingAsked)(
  'switches that are all %s ask for nothing',
  async ([_what, value], { onTestFinished }) => {
    const host = await createNetns('node', onTestFinished);
    const container = await createNetns('pod', onTestFinished);
    const nothing = Object.fromEntries(switches.map((key) => [key, value]));
    const { stdout, stderr, exitCode } = await runPlugin({
      verb: 'ADD',
      node: host.name,
      netns: container.path,
      config: { ...base, vlan: 0, ...nothing, ipMasqBackend: null, uplink: null },
    });
    expect({ stderr, exitCode, ips: JSON.parse(stdout).ips }).toEqual({
      stderr: '',
      exitCode: 0,
      ips: [{ address: '10.20.1.11/24', interface: 2 }],
    });
  },
);
