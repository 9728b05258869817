import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allVlans, portVlans, showLink } from '../../helpers/links.ts';
import { exec, ip, type Netns } from '../../helpers/netns.ts';
import { add, createPod, del } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { createPods, createTrunk, recordOf, trunkConf } from '../../helpers/trunk.ts';

requireVlanFiltering();

describe('VLANs that the plugin did not open stay:', () => {
  test('those that the uplink had before, with the native one untagged', async () => {
    const { node } = await createTrunk();
    await ip(node, 'link add vlanbr0 up type bridge vlan_filtering 1', 'link set trunk0 up master vlanbr0');
    await bridgeVlan(node, 'add dev trunk0 vid 100');
    const before = await allVlans(node);
    const [first, second] = await createPods(node, 2);
    await add(first, trunkConf(100));
    await add(second, trunkConf(200));
    expect(await portVlans(node, 'trunk0')).toEqual(['1 PVID Egress Untagged', '100', '200']);
    await del(second, trunkConf(200));
    await del(first, trunkConf(100));
    expect(await allVlans(node)).toEqual(before);
    expect(await showLink(node, 'trunk0')).toMatchObject({ master: 'vlanbr0' });
  });

  test('one that became the native VLAN of the uplink meanwhile', async () => {
    const { node } = await createTrunk();
    const [pod, other] = await createPods(node, 2);
    await add(pod, trunkConf(100));
    await add(other, trunkConf(200));
    await bridgeVlan(node, 'add dev trunk0 vid 100 pvid untagged');
    await bridgeVlan(node, 'add dev trunk0 vid 200 untagged');
    await del(pod, trunkConf(100));
    await del(other, trunkConf(200));
    expect(await portVlans(node, 'trunk0')).toEqual(['100 PVID Egress Untagged', '200 Egress Untagged']);
  });

  test.each([
    ['a foreign port', 'add dev port9 vid 100'],
    ['the bridge itself', 'add dev vlanbr0 vid 100 self'],
  ])('a VLAN that %s has come to use', async (_case, added) => {
    const { node } = await createTrunk();
    const pod = await createPod(node);
    await add(pod, trunkConf(100));
    await ip(node, 'link add port9 up master vlanbr0 type veth peer name peer9');
    await bridgeVlan(node, added);
    await del(pod, trunkConf(100));
    expect(await portVlans(node, 'trunk0')).toEqual(['100']);
    // No network uses the VLAN any more: the next DEL of any pod closes it.
    await bridgeVlan(node, added.replace('add', 'del'));
    await del(pod, trunkConf(100));
    expect(await portVlans(node, 'trunk0')).toEqual([]);
  });

  type Record = { bridgeIfindex: number; uplinkIfindex: number; vids: { first: number; last: number }[] };
  test.each<[string, (record: Record) => string]>([
    ['lost', () => ''],
    ['torn', (record) => JSON.stringify(record).slice(0, -9)],
    [
      'about another bridge',
      (record) => JSON.stringify({ ...record, bridgeIfindex: record.bridgeIfindex + 50 }),
    ],
    [
      'about another uplink',
      (record) => JSON.stringify({ ...record, uplinkIfindex: record.uplinkIfindex + 50 }),
    ],
  ])('every VLAN on the uplink, when the record of those opened here is %s', async (_case, changed) => {
    const { node } = await createTrunk();
    const [pod, other] = await createPods(node, 2);
    await add(pod, trunkConf(100));
    await bridgeVlan(node, 'add dev trunk0 vid 7');
    const path = await recordOf(node);
    const record = JSON.parse(readFileSync(path, 'utf8')) as Record;
    expect(record.vids).toEqual([{ first: 100, last: 100 }]);
    writeFileSync(path, changed({ ...record, vids: [{ first: 1, last: 4094 }] }));
    await del(pod, trunkConf(100));
    expect(await portVlans(node, 'trunk0')).toEqual(['7', '100']);
    // VLANs opened after that are closed again.
    await add(other, trunkConf(200));
    await del(other, trunkConf(200));
    expect(await portVlans(node, 'trunk0')).toEqual(['7', '100']);
    expect(existsSync(path)).toBe(false);
  });
});

async function bridgeVlan(node: Netns, words: string): Promise<void> {
  await exec(node, 'bridge', ['vlan', ...words.split(' ')]);
}
