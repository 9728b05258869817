import { describe, expect, test } from 'vitest';
import { NetlinkError } from '../../../src/netlink/error.ts';
import { ENODEV } from '../../../src/netlink/message.ts';
import { checkUplink } from '../../../src/plugin/uplink/check.ts';
import { fakeKernel } from '../fake-kernel.ts';
import { confOf, linkOf } from '../links.ts';

const settings = { vlanFiltering: true, defaultPvid: 0, stp: false, forwardDelayCs: 0 };
const bridge = { ...linkOf({ name: 'vlanbr0', ifindex: 9, kind: 'bridge' }), bridgeSettings: settings };
const uplink = linkOf({ master: 9 });
const port = linkOf({ name: 'veth1', ifindex: 30 });
const LOOK_UP = 'look up link "trunk0"';
const VLANS = 'list VLANs of port "trunk0"';
const well = {
  [LOOK_UP]: uplink,
  'look up link 9': bridge,
  'list vlan links': [],
  [VLANS]: [tagged(100), tagged(200, 210)],
};

describe('checkUplink', () => {
  test.each([
    ['the VLANs of the pod are open', { vlan: 100, vlanTrunk: [{ minID: 205, maxID: 207 }] }, well],
    ['the VLANs of the list are open', { uplink: { link: 'trunk0', vids: [100, '200-210'] } }, well],
    ['no uplink is wanted', { uplink: null }, {}],
    [
      'the VLAN is the native one',
      {},
      { ...well, [VLANS]: [{ ...tagged(100), pvid: true, untagged: true }] },
    ],
  ])('finds nothing where %s', (_where, keys, answers) => {
    expect(check(keys, answers)).toEqual([]);
  });

  test('does not look for VLANs where the bridge does not filter them', () => {
    const unfiltered = { ...bridge, bridgeSettings: { ...settings, vlanFiltering: false } };
    const { [VLANS]: _, ...answers } = well;
    expect(check({}, answers, unfiltered)).toEqual([]);
  });

  test('looks at the bond that the uplink is in', () => {
    const bond = linkOf({ name: 'bond0', ifindex: 8, kind: 'bond', master: 9 });
    const answers = {
      [LOOK_UP]: linkOf({ master: 8, carrier: false }),
      'look up link 8': bond,
      'list vlan links': [],
      'list VLANs of port "bond0"': [tagged(100)],
    };
    expect(check({}, answers)).toEqual([]);
  });

  const device = linkOf({ name: 'trunk0.100', kind: 'vlan', peerIfindex: 5, vlanDeviceVid: 100 });
  test.each([
    [{ [LOOK_UP]: new NetlinkError(LOOK_UP, ENODEV) }, {}, ['uplink "trunk0" does not exist']],
    [{ [LOOK_UP]: { ...uplink, up: false, carrier: false } }, {}, ['uplink "trunk0" is down']],
    [{ [LOOK_UP]: { ...uplink, carrier: false } }, {}, ['uplink "trunk0" has no carrier']],
    [
      { 'list vlan links': [device] },
      {},
      [
        'VLAN device "trunk0.100" takes the frames of VLAN 100 from "trunk0" before the bridge sees them; delete it with "ip link del trunk0.100"',
      ],
    ],
    [
      { [LOOK_UP]: { ...uplink, mtu: 1400 } },
      {},
      ['uplink "trunk0" has MTU 1400, less than the 1500 of port "veth1"'],
    ],
    [{ [VLANS]: [tagged(200)] }, {}, ['uplink "trunk0" is not on VLAN 100']],
    [
      {},
      { uplink: { link: 'trunk0', vids: 'all' } },
      ['uplink "trunk0" is not on VLAN 1-99, 101-199, 211-4094'],
    ],
    [
      { [LOOK_UP]: { ...uplink, master: undefined, carrier: false, mtu: 1400 } },
      {},
      [
        'uplink "trunk0" has no carrier',
        'uplink "trunk0" has MTU 1400, less than the 1500 of port "veth1"',
        'uplink "trunk0" is not a port of bridge "vlanbr0"',
      ],
    ],
  ])('finds all that is wrong: %#', (changed, keys, findings) => {
    expect(check(keys, { ...well, ...changed })).toEqual(findings);
  });
});

function check(keys: object, answers: Readonly<Record<string, unknown>>, found = bridge): readonly string[] {
  return checkUplink(fakeKernel(answers).socket, found, {
    conf: confOf({ vlan: 100, uplink: 'trunk0', ...keys }),
    port,
  });
}

function tagged(vid: number, endVid = vid) {
  return { vid, endVid, pvid: false, untagged: false };
}
