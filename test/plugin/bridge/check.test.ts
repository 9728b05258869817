import { describe, expect, test } from 'vitest';
import { parseMac } from '../../../src/inet/mac.ts';
import { checkBridge, checkPort } from '../../../src/plugin/bridge/check.ts';
import { freshPortFlags } from '../../../src/rtnetlink/bridge-port.ts';
import type { VlanEntry } from '../../../src/rtnetlink/bridge-vlan.ts';
import { fakeKernel } from '../fake-kernel.ts';
import { bridge, confOf, hostEnd, containerLink as link, port } from '../links.ts';

const { hostName } = hostEnd;
const access = [{ vid: 100, endVid: 100, pvid: true, untagged: true }];
const locked = { ...freshPortFlags, learning: false, locked: true };
const flat = { ...bridge, bridgeSettings: { ...bridge.bridgeSettings, vlanFiltering: false } };

describe('checkBridge', () => {
  test.each([
    ['a bridge that is up', bridge, {}, []],
    ['one that filters VLANs', bridge, { vlan: 100 }, []],
    ['one that does not, where no VLAN is asked for', flat, {}, []],
    ['a promiscuous one that nobody asked for', { ...bridge, promiscuous: true }, {}, []],
    ['one that is down', { ...bridge, up: false }, {}, ['bridge "vlanbr0" is down']],
    ['one that filters no VLANs', flat, { vlan: 100 }, ['bridge "vlanbr0" does not filter VLANs']],
    ['one that is not promiscuous', bridge, { promiscMode: true }, ['bridge "vlanbr0" is not promiscuous']],
    [
      'one with everything wrong',
      { ...flat, up: false },
      { vlan: 100, promiscMode: true },
      [
        'bridge "vlanbr0" is down',
        'bridge "vlanbr0" does not filter VLANs',
        'bridge "vlanbr0" is not promiscuous',
      ],
    ],
  ])('of %s', (_what, found, keys, findings) => {
    expect(checkBridge(found, confOf(keys))).toEqual(findings);
  });
});

describe('checkPort', () => {
  /** CHECK of this port for the configuration, on a bridge that filters VLANs. */
  function findingsOf(
    found: typeof port | undefined,
    keys: object,
    { vlans = access, fdb = [] as readonly object[], on = bridge } = {},
  ): readonly string[] {
    const { socket } = fakeKernel({
      [`list VLANs of port "${hostName}"`]: vlans,
      [`list forwarding entries of port "${hostName}"`]: fdb,
    });
    return checkPort(socket, on, { conf: confOf({ vlan: 100, ...keys }), hostEnd, port: found, link });
  }

  test('has nothing against what ADD has left', () => {
    expect(findingsOf(port, {})).toEqual([]);
    expect(findingsOf({ ...port, mtu: 1400 }, { mtu: 1400 })).toEqual([]);
  });

  test.each([
    ['is not there', undefined, {}, [`host link "${hostName}" does not exist`]],
    [
      'is somebody else’s',
      { ...port, alias: 'theirs' },
      {},
      [`host link "${hostName}" is not of this attachment`],
    ],
    ['is down', { ...port, up: false }, {}, [`host link "${hostName}" is down`]],
    ['has another MTU', port, { mtu: 1400 }, [`host link "${hostName}" has MTU 1500, not 1400`]],
    [
      'is in no bridge',
      { ...port, master: undefined, up: false },
      {},
      [`host link "${hostName}" is down`, `host link "${hostName}" is not a port of bridge "vlanbr0"`],
    ],
    [
      'has other flags',
      { ...port, portFlags: { ...locked, hairpin: true } },
      { portIsolation: true },
      [`port "${hostName}" has hairpin on, isolated off, learning off, locked on`],
    ],
  ])('finds a port that %s', (_what, found, keys, findings) => {
    expect(findingsOf(found, keys)).toEqual(findings);
  });

  test('finds other VLANs, where they are filtered', () => {
    const vlans: readonly VlanEntry[] = [
      { vid: 1, endVid: 1, pvid: true, untagged: true },
      { ...access[0], pvid: false } as VlanEntry,
    ];
    expect(findingsOf(port, {}, { vlans: [...vlans] })).toEqual([
      `port "${hostName}" is on VLAN 1 pvid untagged, 100 untagged, not on 100 pvid untagged`,
    ]);
    expect(findingsOf(port, {}, { vlans: [...vlans], on: flat })).toEqual([]);
  });

  describe('with macspoofchk', () => {
    const own = parseMac(link.mac);
    const spoof = { macspoofchk: true, vlanTrunk: [{ minID: 200, maxID: 203 }] };
    const vlans = [...access, { vid: 200, endVid: 203, pvid: false, untagged: false }];
    const lockedPort = { ...port, portFlags: locked };
    const entries = [undefined, 100, 200, 201, 202, 203].map((vid) => ({ mac: own, vid }));
    const finding = [`port "${hostName}" is locked without a forwarding entry for the address ${link.mac}`];

    test.each([
      ['an entry on every VLAN', entries, bridge, []],
      ['none', [], bridge, finding],
      ['none on the first VLAN', entries.filter(({ vid }) => vid !== 100), bridge, finding],
      ['none within a range', entries.filter(({ vid }) => vid !== 202), bridge, finding],
      [
        'those of another address',
        entries.map(({ vid }) => ({ mac: Buffer.alloc(6), vid })),
        bridge,
        finding,
      ],
      ['one without a VLAN, where VLANs are not filtered', entries.slice(0, 1), flat, []],
      ['none without a VLAN, where VLANs are not filtered', entries.slice(1), flat, finding],
    ])('counts the entries for the address of the container: %s', (_what, fdb, on, findings) => {
      expect(findingsOf(lockedPort, spoof, { vlans, fdb, on })).toEqual(findings);
    });
  });
});
