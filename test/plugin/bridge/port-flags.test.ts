import { describe, expect, test } from 'vitest';
import { NetlinkError } from '../../../src/netlink/error.ts';
import { flagDifference, portFlags, setFlags } from '../../../src/plugin/bridge/port-flags.ts';
import { freshPortFlags } from '../../../src/rtnetlink/bridge-port.ts';
import { cniErrorOf } from '../../helpers/cni-error.ts';
import { acknowledged, fakeKernel } from '../fake-kernel.ts';
import { bridge, confOf, linkOf } from '../links.ts';

const EEXIST = 17;
const mac = Buffer.from('020000000011', 'hex');
const port = linkOf({ name: 'veth1' });
const isolated = { ...freshPortFlags, isolated: true };
const locked = { ...freshPortFlags, learning: false, locked: true };
const SET = 'set flags of port "veth1"';
const LOOK_UP = 'look up link 5';
const ADD_FDB = 'add static forwarding entries to port "veth1"';
const MOVE_FDB = 'move static forwarding entries to port "veth1"';
const LIST_FDB = `list forwarding entries of bridge "${bridge.name}"`;
const taken = new NetlinkError(ADD_FDB, EEXIST);

test.each([
  ['no switch', {}, freshPortFlags],
  ['hairpinMode', { hairpinMode: true }, { ...freshPortFlags, hairpin: true }],
  ['portIsolation', { portIsolation: true }, isolated],
  ['macspoofchk', { macspoofchk: true }, locked],
])('portFlags of a configuration with %s', (_what, keys, flags) => {
  expect(portFlags(confOf(keys))).toEqual(flags);
});

test('flagDifference names every switch that differs, with its actual value', () => {
  expect(flagDifference(locked, locked)).toBeUndefined();
  expect(flagDifference(isolated, locked)).toBe('isolated on, learning on, locked off');
  expect(flagDifference(undefined, isolated)).toBe('hairpin off, isolated off, learning off, locked off');
});

describe('setFlags', () => {
  const operationsOf = (expected: typeof locked, answers: Readonly<Record<string, unknown>>) => {
    const { socket, operations } = fakeKernel(answers);
    setFlags(socket, bridge, { port, expected, mac });
    return operations;
  };
  const set = { [SET]: acknowledged, [LOOK_UP]: { ...port, portFlags: locked } };
  const entry = { mac, vid: 100, port: 7, learned: true };

  test('sends nothing for the switches of a new port', () => {
    expect(operationsOf(freshPortFlags, {})).toEqual([]);
  });

  test('sets the switches and reads them back', () => {
    const answers = { [SET]: acknowledged, [LOOK_UP]: { ...port, portFlags: isolated } };
    expect(operationsOf(isolated, answers)).toEqual([SET, LOOK_UP]);
  });

  test('adds the static entry of the address before it locks the port', () => {
    expect(operationsOf(locked, { [ADD_FDB]: acknowledged, ...set })).toEqual([ADD_FDB, SET, LOOK_UP]);
  });

  test.each([
    ['an address that was learned from the traffic of another port', entry],
    ['an address that this port has already', { ...entry, learned: false, port: port.ifindex }],
  ])('moves the entry of %s', (_what, found) => {
    const answers = { [ADD_FDB]: taken, [LIST_FDB]: [found], [MOVE_FDB]: acknowledged, ...set };
    expect(operationsOf(locked, answers)).toEqual([ADD_FDB, LIST_FDB, MOVE_FDB, SET, LOOK_UP]);
  });

  test('refuses an address for which another port has a static entry', () => {
    const answers = { [ADD_FDB]: taken, [LIST_FDB]: [{ ...entry, learned: false }] };
    expect(() => operationsOf(locked, answers)).toThrow(taken);
  });

  test.each([
    [isolated, 'isolated off', ''],
    [locked, 'learning on, locked off', '; "macspoofchk" needs Linux 5.18 or newer'],
  ])('refuses a port whose switches the kernel did not set: %j', (expected, difference, remedy) => {
    const answers = {
      [ADD_FDB]: acknowledged,
      [SET]: acknowledged,
      [LOOK_UP]: { ...port, portFlags: freshPortFlags },
    };
    expect(cniErrorOf(() => operationsOf(expected, answers))).toMatchObject({
      code: 100,
      msg: expect.stringMatching(new RegExp(`^port "veth1": the kernel reports ${difference} .*${remedy}$`)),
    });
  });
});
