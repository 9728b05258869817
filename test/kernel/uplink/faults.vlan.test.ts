import { describe, expect, test, vi } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { allVlans, portVlans, showLink } from '../../helpers/links.ts';
import { ip } from '../../helpers/netns.ts';
import { add, call, createPod, del, type Pod, refusal } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { createPods, createTrunk, failingIpam, keptFiles, trunkConf } from '../../helpers/trunk.ts';

requireVlanFiltering();
// Hundreds of calls: a guest on a busy machine needs minutes.
vi.setConfig({ testTimeout: 600_000 });

const failing = trunkConf(100, { ipam: failingIpam('10.20.1.11/24') });
const BY_HAND = [
  'link add vlanbr0 address 02:00:00:00:00:99 up type bridge vlan_filtering 1',
  'link set trunk0 up master vlanbr0',
] as const;

describe('an ADD that fails at its last step changes nothing', () => {
  test.each<[string, readonly string[], object]>([
    ['on a bare node', [], {}],
    [
      'on a node with an existing bridge',
      ['link add vlanbr0 address 02:00:00:00:00:99 up type bridge vlan_filtering 1'],
      {},
    ],
    ['with an uplink that an administrator has put into the bridge', BY_HAND, {}],
    ['with a list of VLANs', BY_HAND, { uplink: { link: 'trunk0', vids: ['2-200'] } }],
  ])('%s', async (_case, lines, keys) => {
    const { node } = await createTrunk();
    await ip(node, ...lines);
    const pod = await createPod(node);
    const before = await Promise.all([node, pod.netns].map(kernelState));
    expect(await refusal('ADD', pod, { ...failing, ...keys })).toMatchObject({ code: 100 });
    expect(await Promise.all([node, pod.netns].map(kernelState))).toEqual(before);
    expect(keptFiles(node)).toEqual([]);
  });

  test('but keeps the VLAN of an attached pod', async () => {
    const { node } = await createTrunk();
    const [pod, other] = await createPods(node, 2);
    await add(other, trunkConf(100));
    const before = await kernelState(node);
    await refusal('ADD', pod, { ...failing, vlanTrunk: [{ id: 200 }] });
    expect(await kernelState(node)).toEqual(before);
    await del(other, trunkConf(100));
    expect(await portVlans(node, 'trunk0')).toEqual([]);
  });
});

test('failing ADDs do not remove the uplink or its VLANs from ADDs that succeed at the same time', async () => {
  const { node } = await createTrunk();
  const pods = await createPods(node, 6);
  const working = trunkConf(100, { vlanTrunk: [{ id: 200 }] });
  const outputs = await inTurns(
    6,
    pods.map((pod, index) => () => call('ADD', pod, index % 2 === 0 ? failing : working)),
  );
  expect(outputs.map(({ exitCode }) => exitCode)).toEqual([1, 0, 1, 0, 1, 0]);
  expect(await portVlans(node, 'trunk0')).toEqual(['100', '200']);
  expect(await showLink(node, 'trunk0')).toMatchObject({ master: 'vlanbr0' });
  await Promise.all(pods.map((pod) => del(pod, working)));
  expect(await allVlans(node)).toEqual({});
});

test('after 100 ADDs on 20 VLANs, then 100 DELs and ADDs, the uplink has the VLANs of the remaining pods', async () => {
  const { node } = await createTrunk();
  const homes = await createPods(node, 10);
  /** Attachment `index` is on VLAN `vid`; the attachments belong to ten pods. */
  const act = (verb: string, index: number, vid: number) => () => {
    const pod = homes[index % homes.length] as Pod;
    return call(verb, { ...pod, containerId: `c${index}` }, trunkConf(vid), {
      ifname: `net${index}`,
      timeoutMs: 180_000,
    });
  };
  const indexes = Array.from({ length: 100 }, (_, index) => index);
  const vidOf = (index: number): number => 2000 + (index % 20);

  const added = await inTurns(
    AT_ONCE,
    indexes.map((index) => act('ADD', index, vidOf(index))),
  );
  expect(added.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
  expect(await portVlans(node, 'trunk0')).toEqual(['2000-2019']);

  // VLANs 2000 to 2009 lose all their pods. At the same time 2005 to 2009 get new pods, and 2020 to 2024 their first.
  const gone = indexes.filter((index) => vidOf(index) < 2010);
  const mixed = gone.flatMap((index, turn) => [
    act('DEL', index, vidOf(index)),
    act('ADD', 100 + turn, turn % 10 < 5 ? 2005 + (turn % 5) : 2020 + (turn % 5)),
  ]);
  const changed = await inTurns(AT_ONCE, mixed);
  expect(mixed).toHaveLength(100);
  expect(changed.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
  const { trunk0, ...ports } = await allVlans(node);
  expect(trunk0).toEqual(['2005-2024']);
  expect(Object.keys(ports)).toHaveLength(100);
});

/** More calls at once would only compete for the two processors of a guest. */
const AT_ONCE = 8;

/** Runs all functions, `count` at a time, in order. */
async function inTurns<T>(atOnce: number, actions: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const todo = actions.entries();
  const work = async (): Promise<void> => {
    for (const [index, action] of todo) results[index] = await action();
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}
