import { describe, expect, test } from 'vitest';
import { type Cidr, parseCidr } from '../../../src/inet/cidr.ts';
import { NetlinkError } from '../../../src/netlink/error.ts';
import { ENODEV, ENOENT } from '../../../src/netlink/message.ts';
import {
  carrierProblems,
  uplinkProblem,
  vlanDeviceProblems,
} from '../../../src/plugin/uplink/eligibility.ts';
import { fakeKernel } from '../fake-kernel.ts';
import { linkOf } from '../links.ts';

const ROUTES4 = 'list IPv4 routes of table 254';
const ROUTES6 = 'list IPv6 routes of table 254';
const ADDRESSES = 'list addresses of link "trunk0"';
const NOTHING = { [ROUTES4]: [], [ROUTES6]: [], [ADDRESSES]: [] };
const CUT_OFF =
  'as a port of the bridge it would cut the node off; use another NIC, or move the address to the bridge first';

describe('uplinkProblem', () => {
  test.each([
    ['a bare NIC', linkOf(), NOTHING],
    ['a NIC that is down', linkOf({ up: false, carrier: false }), NOTHING],
    ['a port of the bridge itself, without another question', linkOf({ master: 9 }), {}],
    [
      'a NIC with a link-local address',
      linkOf(),
      { ...NOTHING, [ADDRESSES]: [address('fe80::5/64', false)] },
    ],
    [
      'a NIC beside one with the default route',
      linkOf(),
      { ...NOTHING, [ROUTES4]: [route('0.0.0.0/0', 6)], [ROUTES6]: [route('::/0', 6)] },
    ],
    [
      'a NIC with a route that is not the default',
      linkOf(),
      { ...NOTHING, [ROUTES6]: [route('fe80::/64', 5)] },
    ],
    ['a NIC of a node without IPv6', linkOf(), { ...NOTHING, [ROUTES6]: new NetlinkError(ROUTES6, ENOENT) }],
  ])('has nothing against %s', (_what, uplink, answers) => {
    expect(uplinkProblem(fakeKernel(answers).socket, uplink, 9)).toBeUndefined();
  });

  const vrf = linkOf({ name: 'vrf8', kind: 'vrf', ifindex: 8 });
  test.each([
    [
      'the loopback',
      linkOf({ loopback: true }),
      {},
      'is the loopback link; name the NIC, or the bond, that leads to the switch',
    ],
    [
      'a bridge',
      linkOf({ kind: 'bridge' }),
      {},
      'is itself a bridge; name the NIC, or the bond, that leads to the switch',
    ],
    [
      'a port of something else',
      linkOf({ master: 8 }),
      { 'look up link 8': vrf },
      'is in vrf "vrf8" already; take it out with "ip link set trunk0 nomaster"',
    ],
    [
      'a port of what is gone by now',
      linkOf({ master: 8 }),
      { 'look up link 8': new NetlinkError('look up link 8', ENODEV) },
      'is in another link "8" already; take it out with "ip link set trunk0 nomaster"',
    ],
    [
      'the NIC with the IPv4 default route',
      linkOf(),
      { ...NOTHING, [ROUTES4]: [route('10.0.0.0/8', 6), route('0.0.0.0/0', 5)] },
      `carries the default route of the node: ${CUT_OFF}`,
    ],
    [
      'the NIC with the IPv6 default route',
      linkOf(),
      { ...NOTHING, [ROUTES6]: [route('::/0', 5)] },
      `carries the default route of the node: ${CUT_OFF}`,
    ],
    [
      'a NIC with an address',
      linkOf(),
      { ...NOTHING, [ADDRESSES]: [address('fe80::5/64', false), address('192.0.2.5/24', true)] },
      `has the address "192.0.2.5/24" of the node: ${CUT_OFF}`,
    ],
  ])('names %s', (_what, uplink, answers, problem) => {
    expect(uplinkProblem(fakeKernel(answers).socket, uplink, 9)).toBe(problem);
  });

  test('takes every master for another one where the bridge is yet to be made', () => {
    const answers = { 'look up link 8': vrf };
    expect(uplinkProblem(fakeKernel(answers).socket, linkOf({ master: 8 }), undefined)).toContain('"vrf8"');
  });
});

describe('vlanDeviceProblems', () => {
  const device = linkOf({ name: 'storage', ifindex: 20, kind: 'vlan', peerIfindex: 5, vlanDeviceVid: 150 });
  const wanted = [
    { first: 100, last: 100 },
    { first: 140, last: 160 },
  ];

  test('names the device, its VLAN and the remedy, for each', () => {
    const other = linkOf({ ...device, name: 'trunk0.100', vlanDeviceVid: 100 });
    const { socket } = fakeKernel({ 'list vlan links': [device, other] });
    expect(vlanDeviceProblems(socket, linkOf(), wanted)).toEqual([
      'VLAN device "storage" takes the frames of VLAN 150 from "trunk0" before the bridge sees them; delete it with "ip link del storage"',
      'VLAN device "trunk0.100" takes the frames of VLAN 100 from "trunk0" before the bridge sees them; delete it with "ip link del trunk0.100"',
    ]);
  });

  test.each([
    ['on a VLAN that is not wanted', { vlanDeviceVid: 139 }],
    ['on another link', { peerIfindex: 6 }],
    ['on a link of that number in another network namespace', { peerElsewhere: true }],
  ])('has nothing against a device %s', (_where, more) => {
    const { socket } = fakeKernel({ 'list vlan links': [linkOf({ ...device, ...more })] });
    expect(vlanDeviceProblems(socket, linkOf(), wanted)).toEqual([]);
  });
});

test('carrierProblems has nothing to say of a link that is up, with carrier', () => {
  expect(carrierProblems(linkOf())).toEqual([]);
});

function route(dst: string, ifindex: number) {
  return { dst: cidr(dst), ifindex };
}

function address(text: string, global: boolean) {
  return { cidr: cidr(text), global };
}

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`"${text}" is no CIDR`);
  return parsed;
}
