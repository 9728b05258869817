import { describe, expect, test } from 'vitest';
import { parseCidr } from '../../../src/inet/cidr.ts';
import type { Ipam } from '../../../src/ipam/ipam.ts';
import { staticIpam } from '../../../src/ipam/static.ts';
import { combinationProblems, ipamProblems } from '../../../src/plugin/config/rules.ts';
import { requestOf } from '../../helpers/request-of.ts';
import { confOf } from '../links.ts';

const conf = confOf({});

function ipamWith(...addresses: readonly string[]): Ipam {
  const cidrs = addresses.flatMap((address) => parseCidr(address) ?? []);
  return staticIpam({ ips: cidrs.map((cidr) => ({ cidr, gateway: undefined })), routes: [], dns: {} });
}

/** IPAM that only tells its addresses when it is asked for them. */
const unknownIpam: Ipam = { ...ipamWith(), staticResult: undefined };

const gatewayed = { ...conf, vlan: 100, isGateway: true, ipam: ipamWith('10.0.0.1/24') };
const trunked = { ...conf, vlan: 100, vlanTrunk: [{ first: 200, last: 210 }] };
const uplinkWith = (...ranges: readonly (readonly [first: number, last: number])[]) => ({
  link: 'trunk0',
  vids: ranges.map(([first, last]) => ({ first, last })),
});

describe('combinationProblems', () => {
  test.each([
    ['nothing in particular', conf],
    ['a small mtu without addresses', { ...conf, mtu: 68 }],
    ['a small mtu with IPv4', { ...conf, mtu: 68, ipam: ipamWith('10.0.0.1/24') }],
    ['the smallest mtu of IPv6', { ...conf, mtu: 1280, ipam: ipamWith('fd00::1/64') }],
    ["the kernel's mtu with IPv6", { ...conf, ipam: ipamWith('fd00::1/64') }],
    ['a small mtu with addresses that are still to come', { ...conf, mtu: 68, ipam: unknownIpam }],
    ['a link that stays down without ipam', { ...conf, disableContainerInterface: true }],
    ['hairpinMode alone', { ...conf, hairpinMode: true }],
    ['promiscMode alone', { ...conf, promiscMode: true }],
    ['a gateway link with a name of 15 bytes', { ...gatewayed, bridge: 'bridge-of-12', vlan: 10 }],
    ['a long bridge name without a gateway', { ...gatewayed, bridge: 'a-bridge-of-15b', isGateway: false }],
    ['a long bridge name that is the gateway itself', { ...gatewayed, bridge: 'a-bridge-of-15b', vlan: 0 }],
    ['a long bridge name without addresses', { ...gatewayed, bridge: 'a-bridge-of-15b', ipam: undefined }],
    [
      'an uplink with what is attached',
      { ...trunked, uplink: { link: 'trunk0', vids: 'attached' as const } },
    ],
    [
      'an uplink with tagged VLANs alone',
      {
        ...conf,
        vlanTrunk: [{ first: 200, last: 210 }],
        uplink: { link: 'trunk0', vids: 'attached' as const },
      },
    ],
    ["an uplink with all of the port's VLANs", { ...trunked, uplink: uplinkWith([100, 100], [199, 300]) }],
  ])('has nothing against %s', (_what, given) => {
    expect(combinationProblems(given)).toEqual([]);
  });

  const downWithIpam =
    'disableContainerInterface: true: cannot go with ipam: a link that is down has no addresses';
  const twice = 'hairpinMode: true: cannot go with promiscMode: frames would come back to their sender twice';
  const openTrunk =
    'uplink: "trunk0": needs "vlan" or "vlanTrunk": without a VLAN the pod would be on every VLAN of the uplink';
  test.each([
    [
      'an mtu below 1280 with IPv6 beside IPv4',
      { ...conf, mtu: 1279, ipam: ipamWith('10.0.0.1/24', 'fd00::1/64') },
      ['mtu: 1279: must be at least 1280 for IPv6'],
    ],
    [
      'ipam for a link that stays down, even when it gives no address',
      { ...conf, disableContainerInterface: true, ipam: ipamWith() },
      [downWithIpam],
    ],
    [
      'ipam for a link that stays down, whatever it will give',
      { ...conf, disableContainerInterface: true, ipam: unknownIpam },
      [downWithIpam],
    ],
    ['hairpinMode with promiscMode', { ...conf, hairpinMode: true, promiscMode: true }, [twice]],
    [
      'a gateway link with a name of 16 bytes',
      { ...gatewayed, bridge: 'bridge-of-12' },
      [
        'bridge: "bridge-of-12": is too long a name: the gateway link of VLAN 100 would be "bridge-of-12.100", and 15 bytes are the limit',
      ],
    ],
    [
      'an uplink without a VLAN for the pod, which would be on all of its VLANs',
      { ...conf, uplink: { link: 'trunk0', vids: 'attached' as const } },
      [openTrunk],
    ],
    [
      'an uplink with a list of VLANs, of which the pod has none',
      { ...conf, uplink: uplinkWith([1, 4094]) },
      [openTrunk],
    ],
    [
      "an uplink without some of the port's VLANs",
      { ...trunked, uplink: uplinkWith([101, 101], [201, 205]) },
      ['uplink.vids: "101, 201-205": must hold VLAN 100, 200, 206-210 of this network too'],
    ],
    [
      'everything at once',
      {
        ...gatewayed,
        bridge: 'a-bridge-of-15b',
        mtu: 68,
        disableContainerInterface: true,
        ipam: ipamWith('fd00::1/64'),
        hairpinMode: true,
        promiscMode: true,
        uplink: uplinkWith([1, 99]),
      },
      [
        'mtu: 68: must be at least 1280 for IPv6',
        downWithIpam,
        twice,
        'bridge: "a-bridge-of-15b": is too long a name: the gateway link of VLAN 100 would be "a-bridge-of-15b.100", and 15 bytes are the limit',
        'uplink.vids: "1-99": must hold VLAN 100 of this network too',
      ],
    ],
  ])('names %s', (_what, given, problems) => {
    expect(combinationProblems(given)).toEqual(problems);
  });
});

describe('ipamProblems', () => {
  const noAddress =
    'ipam: no address: neither ipam.addresses nor args.cni.ips, runtimeConfig.ips or IP= in CNI_ARGS gives one';
  const none = [noAddress];
  const unshown = ['cniVersion 0.1.0 cannot show a result without an IP address, 0.3.0 and newer can'];
  const tooMany = (version: string) => [
    `cniVersion ${version} cannot show more than one address of a family, 0.3.0 and newer can`,
  ];
  const [v4, v6] = ['10.0.0.1/24', 'fd00::1/64'];
  test.each([
    ['one address', '0.1.0', ipamWith(v4), []],
    ['one address of each family', '0.2.0', ipamWith(v4, v6), []],
    ['layer 2', '0.3.0', undefined, []],
    ['many addresses', '0.3.0', ipamWith(v4, '10.0.0.2/24', v6, 'fd00::2/64'), []],
    ['addresses that are still to come', '0.1.0', unknownIpam, []],
    ['no address', '1.1.0', ipamWith(), none],
    ['no address', '0.2.0', ipamWith(), none],
    ['layer 2', '0.1.0', undefined, unshown],
    ['two IPv4 addresses', '0.2.0', ipamWith(v4, '10.0.1.1/24'), tooMany('0.2.0')],
    ['two IPv6 addresses', '0.1.0', ipamWith(v4, v6, 'fd00::2/64'), tooMany('0.1.0')],
  ] as const)('for %s in a result of %s', (_what, cniVersion, ipam, problems) => {
    expect(ipamProblems(ipam, requestOf({}, { cniVersion }))).toEqual(problems);
  });

  test.each(['DEL', 'CHECK'] as const)('is nothing to %s, which has no result', (verb) => {
    expect(ipamProblems(ipamWith(), requestOf({}, { verb, cniVersion: '0.4.0' }))).toEqual([]);
  });
});

test.each([
  [{ uplink: { link: 'trunk0', vids: [200] } }, 'uplink.vids: "200": must hold VLAN 100 of this network too'],
  [
    { vlanTrunk: [{ minID: 99, maxID: 103 }], uplink: { link: 'trunk0', vids: [100, '102-4094'] } },
    'uplink.vids: "100, 102-4094": must hold VLAN 99, 101 of this network too',
  ],
])('refuses a list of VLANs for the uplink that leaves out one of the network: %j', (keys, problem) => {
  expect(() => confOf({ vlan: 100, ...keys })).toThrow(
    expect.objectContaining({ code: 7, message: `invalid network configuration: ${problem}` }),
  );
});
