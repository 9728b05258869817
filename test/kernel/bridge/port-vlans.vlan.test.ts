import { beforeAll, describe, expect, test } from 'vitest';
import { portVlans } from '../../helpers/links.ts';
import { createNetns, fileCleanup, ip, type Netns } from '../../helpers/netns.ts';
import { add, createPod, networkConf } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';

requireVlanFiltering();
const cleanup = fileCleanup();
let node: Netns;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
  await ip(
    node,
    'link add foreign0 up type bridge vlan_filtering 1 vlan_default_pvid 1',
    'link add foreign7 up type bridge vlan_filtering 1 vlan_default_pvid 7',
  );
});

const access = ['100 PVID Egress Untagged'];
const trunk = [{ id: 300 }, { minID: 200, maxID: 210 }, { minID: 205, maxID: 220 }];
const tagged = ['200-220', '300'];

describe('on a bridge that ADD created', () => {
  test.each([
    ['an access port', { vlan: 100 }, access],
    ['a trunk with a native VLAN', { vlan: 100, vlanTrunk: trunk }, [...access, ...tagged]],
    ['a tagged-only trunk, without VLAN 1', { vlanTrunk: trunk }, tagged],
    ['a trunk of all VLANs', { vlanTrunk: [{ minID: 1, maxID: 4094 }] }, ['1-4094']],
    [
      'a VLAN that the trunk has too, as PVID',
      { vlan: 100, vlanTrunk: [{ minID: 99, maxID: 101 }] },
      ['99', ...access, '101'],
    ],
    ['VLAN 1 when vlan is 1', { vlan: 1 }, ['1 PVID Egress Untagged']],
    ['no default VLAN to preserve', { vlan: 100, preserveDefaultVlan: true }, access],
    ['the VLAN of keys in another case', { VLAN: 100 }, access],
  ])('gives the port %s', expectVlans('vlanbr0'));
});

describe('on an existing bridge with default VLAN 1', () => {
  test.each([
    ['an access port without the default VLAN', { vlan: 100 }, access],
    [
      'an access port with the default VLAN preserved',
      { vlan: 100, preserveDefaultVlan: true },
      ['1 Egress Untagged', ...access],
    ],
    ['a tagged-only trunk without the default VLAN', { vlanTrunk: trunk }, tagged],
    [
      'a trunk with the default VLAN preserved as PVID',
      { vlanTrunk: trunk, preserveDefaultVlan: true },
      ['1 PVID Egress Untagged', ...tagged],
    ],
    ['the default VLAN tagged when the trunk has it', { vlanTrunk: [{ minID: 1, maxID: 3 }] }, ['1-3']],
    ['the default VLAN when vlan is the same', { vlan: 1 }, ['1 PVID Egress Untagged']],
    ['the default VLAN when the configuration has no VLAN', {}, ['1 PVID Egress Untagged']],
    ['the default VLAN for a trunk without VLANs', { vlanTrunk: [] }, ['1 PVID Egress Untagged']],
  ])('gives the port %s', expectVlans('foreign0'));
});

describe('on an existing bridge with default VLAN 7', () => {
  test.each([
    ['an access port without the default VLAN', { vlan: 100 }, access],
    ['a trunk with the default VLAN tagged', { vlan: 100, vlanTrunk: [{ id: 7 }] }, ['7', ...access]],
    [
      'a trunk with the default VLAN preserved, not tagged',
      { vlan: 100, vlanTrunk: [{ id: 7 }], preserveDefaultVlan: true },
      ['7 Egress Untagged', ...access],
    ],
  ])('gives the port %s', expectVlans('foreign7'));
});

function expectVlans(bridge: string) {
  return async (_case: string, keys: object, expected: readonly string[]): Promise<void> => {
    const pod = await createPod(node);
    const conf = networkConf({ bridge, ...keys });
    const { interfaces } = await add(pod, conf);
    expect(await portVlans(node, interfaces[1].name)).toEqual(expected);
  };
}
