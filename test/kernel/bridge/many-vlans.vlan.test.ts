import { expect, onTestFinished, test } from 'vitest';
import { allVlans } from '../../helpers/links.ts';
import { createManyPorts, PORT_COUNT, portOf } from '../../helpers/many-ports.ts';
import { bridge } from '../../helpers/netns.ts';
import { add, callOfNetwork, check, del } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { createPods, createTrunk, keptFiles, trunkConf } from '../../helpers/trunk.ts';

requireVlanFiltering();

const VLANS_EACH = 4;
const IN_USE = PORT_COUNT * VLANS_EACH;

test(`beside ${PORT_COUNT} ports on ${IN_USE} VLANs a pod is only on its own VLAN, and the other ports keep theirs`, async () => {
  const { node } = await createTrunk();
  const [first, sharing, alone] = await createPods(node, 3);
  const { interfaces } = await add(first, trunkConf(IN_USE + 1));
  const { containerIds } = await createManyPorts(node, 'vlanbr0', onTestFinished);
  await bridge(
    node,
    `vlan add dev trunk0 vid 1-${IN_USE}`,
    ...containerIds.map((id, index) => {
      const vid = 1 + index * VLANS_EACH;
      return `vlan add dev ${portOf(id)} vid ${vid}-${vid + VLANS_EACH - 1}`;
    }),
  );
  const before = await allVlans(node);
  expect(before.trunk0).toEqual([`1-${IN_USE + 1}`]);

  for (const [pod, vid, opened] of [
    [sharing, 2000, []],
    [alone, 4050, ['4050']],
  ] as const) {
    const result = await add(pod, trunkConf(vid));
    expect(await allVlans(node)).toEqual({
      ...before,
      trunk0: [`1-${IN_USE + 1}`, ...opened],
      [result.interfaces[1].name]: [`${vid} PVID Egress Untagged`],
    });
    await check(pod, trunkConf(vid), result);
    await del(pod, trunkConf(vid));
    expect(await allVlans(node)).toEqual(before);
  }

  const [dead, live] = [containerIds.slice(0, 5), containerIds.slice(5)];
  const valid = live.map((containerID) => ({ containerID, ifname: 'net1' }));
  const keys = { cniVersion: '1.1.0', name: 'blue' };
  await callOfNetwork('GC', node, trunkConf(100, { ...keys, 'cni.dev/valid-attachments': valid }));
  const left = Object.entries(before).filter(([name]) => !dead.map(portOf).includes(name));
  expect(await allVlans(node)).toEqual(Object.fromEntries(left));
  await callOfNetwork('STATUS', node, trunkConf(100, keys));

  await del(first, trunkConf(IN_USE + 1));
  const { [interfaces[1].name]: _own, ...others } = Object.fromEntries(left);
  expect(await allVlans(node)).toEqual({ ...others, trunk0: [`1-${IN_USE}`] });
  expect(keptFiles(node)).toEqual([]);
});
