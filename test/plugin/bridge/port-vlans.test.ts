import { describe, expect, test } from 'vitest';
import { setVlans, vlanDifference } from '../../../src/plugin/bridge/port-vlans.ts';
import type { VlanEntry } from '../../../src/rtnetlink/bridge-vlan.ts';
import { cniErrorOf } from '../../helpers/cni-error.ts';
import { acknowledged, fakeKernel } from '../fake-kernel.ts';
import { linkOf } from '../links.ts';

const port = linkOf({ name: 'veth1' });
const access: VlanEntry = { vid: 100, endVid: 100, pvid: true, untagged: true };
const range: VlanEntry = { vid: 1, endVid: 20, pvid: false, untagged: false };
const LIST = 'list VLANs of port "veth1"';
const DEL_1 = 'remove VLAN 1 from port "veth1"';
const ADD_100 = 'add VLAN 100 pvid untagged to port "veth1"';
const ADD_RANGE = 'add VLAN 1-20 to port "veth1"';

describe('setVlans', () => {
  test.each<[string, readonly VlanEntry[], number, readonly string[]]>([
    ['removes the default VLAN of the bridge', [access], 1, [DEL_1, ADD_100, LIST]],
    ['removes nothing where the bridge has no default', [access], 0, [ADD_100, LIST]],
    ['keeps the default VLAN that is wanted', [range], 1, [ADD_RANGE, LIST]],
    ['adds nothing where no VLAN is wanted', [], 1, [DEL_1, LIST]],
  ])('%s', (_what, wanted, defaultPvid, expected) => {
    const changes = Object.fromEntries(expected.map((operation) => [operation, acknowledged]));
    const { socket, operations } = fakeKernel({ ...changes, [LIST]: wanted });
    setVlans(socket, port, { expected: wanted, defaultPvid });
    expect(operations).toEqual(expected);
  });

  test('refuses a port for which the kernel lists other VLANs afterwards', () => {
    const { socket } = fakeKernel({ [ADD_100]: acknowledged, [LIST]: [] });
    expect(cniErrorOf(() => setVlans(socket, port, { expected: [access], defaultPvid: 0 }))).toEqual({
      code: 100,
      msg: 'port "veth1": the kernel lists VLAN none after the plugin set VLAN 100 pvid untagged',
      details: undefined,
    });
  });
});

test('vlanDifference is undefined where the VLANs are the same', () => {
  const { socket } = fakeKernel({ [LIST]: [access] });
  expect(vlanDifference(socket, port, [access])).toBeUndefined();
  expect(vlanDifference(socket, port, [range])).toEqual({ found: '100 pvid untagged', expected: '1-20' });
});
