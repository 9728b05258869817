import { describe, expect, test, vi } from 'vitest';
import { allVlans, linkNames } from '../../helpers/links.ts';
import { exec, ip, type Netns } from '../../helpers/netns.ts';
import { add, call, createPod, del, type Pod } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { soak } from '../../helpers/soak.ts';
import { killAt } from '../../helpers/strace.ts';
import { createPods, createTrunk, keptFiles, trunkConf } from '../../helpers/trunk.ts';

requireVlanFiltering();
// Hundreds of calls: a guest on a busy machine needs minutes.
vi.setConfig({ testTimeout: 600_000 });

describe('killed before one of its messages to the kernel,', () => {
  test('ADD on a bare node leaves nothing after another ADD and DEL', async () => {
    const { node } = await createTrunk();
    const [pod, other] = await createPods(node, 2);
    const rows = await untilSurvived(STEP, async (n) => {
      const killed = await killAtMessage(n, 'ADD', pod, trunkConf(100));
      if (!killed) await del(pod, trunkConf(100));
      await add(other, trunkConf(200));
      await del(other, trunkConf(200));
      const left = [await allVlans(node), await linkNames(node), await linkNames(pod.netns), keptFiles(node)];
      await ip(node, 'link del vlanbr0', 'link set trunk0 down');
      return { killed, left };
    });
    expect(rows.length).toBeGreaterThan(20 / STEP);
    expect(rows.map(({ left }) => left)).toEqual(rows.map(() => [{}, ['trunk0', 'vlanbr0'], [], []]));
  });

  test('ADD beside another pod leaves nothing after the next ADD', async () => {
    const { node, neighbour } = await createNodeWithPod();
    const [pod, other] = await createPods(node, 2);
    const before = await allVlans(node);
    const rows = await untilSurvived(STEP, async (n) => {
      const killed = await killAtMessage(n, 'ADD', pod, trunkConf(100));
      if (!killed) await del(pod, trunkConf(100));
      await add(other, trunkConf(200));
      const { trunk0, ...ports } = await allVlans(node);
      const left = [trunk0, Object.keys(ports).length, await linkNames(pod.netns)];
      await del(other, trunkConf(200));
      return { killed, left: [...left, await allVlans(node)] };
    });
    expect(rows.length).toBeGreaterThan(15 / STEP);
    expect(rows.map(({ left }) => left)).toEqual(rows.map(() => [['7', '200', '300'], 2, [], before]));
    await del(neighbour, trunkConf(300));
    expect(await allVlans(node)).toEqual({ trunk0: ['7'] });
  });

  test('DEL leaves nothing after the next ADD, and can be repeated', async () => {
    const { node } = await createNodeWithPod();
    const [pod, other] = await createPods(node, 2);
    const before = await allVlans(node);
    const rows = await untilSurvived(1, async (n) => {
      const { interfaces } = await add(pod, trunkConf(100));
      const killed = await killAtMessage(n, 'DEL', pod, trunkConf(100));
      await add(other, trunkConf(200));
      const { trunk0, ...ports } = await allVlans(node);
      const attached = interfaces[1].name in ports;
      await del(other, trunkConf(200));
      await del(pod, trunkConf(100));
      return { killed, left: [attached, trunk0, await allVlans(node)] };
    });
    // The first two messages look up the port and delete it.
    const wanted = rows.map((_, index) =>
      index < 2 ? [true, ['7', '100', '200', '300'], before] : [false, ['7', '200', '300'], before],
    );
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.map(({ left }) => left)).toEqual(wanted);
  });
});

/** Creates a node with a pod on VLAN 300, and with VLAN 7 opened on its uplink by hand. */
async function createNodeWithPod(): Promise<{ node: Netns; neighbour: Pod }> {
  const { node } = await createTrunk();
  const neighbour = await createPod(node);
  await add(neighbour, trunkConf(300));
  await exec(node, 'bridge', ['vlan', 'add', 'dev', 'trunk0', 'vid', '7']);
  return { node, neighbour };
}

/**
 * Kills the call when it is about to send its nth message to the kernel.
 * @returns whether it was killed; otherwise it must have succeeded
 */
async function killAtMessage(nth: number, verb: string, pod: Pod, config: object): Promise<boolean> {
  const { output, wasKilled } = await killAt({ name: 'sendto', nth }, (by) =>
    call(verb, pod, config, { by }),
  );
  const { exitCode, stdout } = output;
  const ended = { wasKilled, exitCode, stdout };
  expect(ended).toEqual(
    wasKilled
      ? { wasKilled, exitCode: undefined, stdout: '' }
      : { wasKilled, exitCode: 0, stdout: expect.any(String) },
  );
  return wasKilled;
}

/** Only every nth message of an ADD is tried; test/reliability/killed tries all of them on a plain bridge. */
const STEP = soak ? 1 : 3;

/** Rows for n = 1, 1 + step, ... up to the first call that was not killed. */
async function untilSurvived<Row extends { readonly killed: boolean }>(
  step: number,
  tryAt: (n: number) => Promise<Row>,
): Promise<Row[]> {
  const rows: Row[] = [];
  do rows.push(await tryAt(1 + rows.length * step));
  while (rows.at(-1)?.killed);
  return rows;
}
