import { beforeEach, describe, expect, test } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { linkNames } from '../../helpers/links.ts';
import { exec, type Netns } from '../../helpers/netns.ts';
import { folderWithProgram, killAt } from '../../helpers/plugin-wrapper.ts';
import {
  add,
  call,
  callOfNetwork,
  check,
  createPod,
  del,
  networkConf,
  type Pod,
  staticIpam,
} from '../../helpers/pod.ts';
import { pings } from '../../helpers/traffic.ts';
import { createNode, marks } from '../../helpers/trunk.ts';

const VALID = 'cni.dev/valid-attachments';
const masquerading = (address: string) =>
  networkConf({ cniVersion: '1.1.0', isGateway: true, ipMasq: true, ipam: staticIpam([address]) });
const conf = masquerading('10.20.1.11/24');
const otherConf = masquerading('10.20.1.12/24');

let node: Netns;
let pod: Pod;

beforeEach(async () => {
  node = await createNode();
  pod = await createPod(node);
});

describe('what an ADD leaves that is killed', () => {
  const byOthers = {
    'ADD of another pod': (other: Pod) => add(other, otherConf),
    'DEL of another pod': (other: Pod) => del(other, otherConf),
    'GC without a list': () => callOfNetwork('GC', node, conf),
  };
  const nexts = {
    ...byOthers,
    'the next ADD of the same pod': () => add(pod, conf),
    'the DEL of the same pod': () => del(pod, conf),
  };

  // Number 6 follows on the one that makes the veth pair, 12 is about the gateway's address, 17 about the pod's.
  test.each([
    [6, 'DEL of another pod'],
    [6, 'the next ADD of the same pod'],
    [8, 'GC without a list'],
    [12, 'ADD of another pod'],
    [14, 'the DEL of the same pod'],
    [17, 'the next ADD of the same pod'],
  ] as const)('before it sends its message number %d to the kernel is removed by %s', async (nth, next) => {
    const other = await createPod(node);
    const restore = killAt('sendto', nth);
    expect(await call('ADD', pod, conf)).toMatchObject({ exitCode: undefined, stdout: '' });
    restore();
    expect(marks(node)).not.toEqual([]);
    await nexts[next](other);
    expect(marks(node)).toEqual([]);
    await del(other, otherConf);
    if (next === 'the next ADD of the same pod') await del(pod, conf);
    expect(await linkNames(pod.netns)).toEqual([]);
    const result = await add(pod, conf);
    await check(pod, conf, result);
    expect(await linkNames(node)).toEqual([result.interfaces[1].name, 'vlanbr0']);
  });

  test.each(Object.keys(byOthers) as (keyof typeof byOthers)[])(
    'when it has its masquerade rules already is removed by %s, and they are',
    async (next) => {
      const others = await Promise.all([createPod(node), createPod(node)]);
      const [resident, other] = others;
      await add(resident, masquerading('10.20.1.13/24'));
      const before = await Promise.all([kernelState(node), kernelState(pod.netns)]);
      const PATH = folderWithProgram('nft', '/usr/sbin/nft "$@" && kill -KILL $PPID');
      expect(await call('ADD', pod, conf, { env: { PATH } })).toMatchObject({ exitCode: undefined });
      expect(await exec(node, 'nft', ['list', 'ruleset'])).toContain('saddr 10.20.1.11 ');
      await byOthers[next](other);
      await del(other, otherConf);
      expect(await Promise.all([kernelState(node), kernelState(pod.netns)])).toEqual(before);
    },
  );
});

test('an ADD that is killed when all is done but to remove its mark has failed for the runtime: its port is removed', async () => {
  // The first makes room for the record of the masquerade, the second takes the mark away.
  const restore = killAt('unlink', 2);
  expect(await call('ADD', pod, conf)).toMatchObject({ exitCode: undefined, json: expect.any(Object) });
  restore();
  expect(marks(node)).not.toEqual([]);
  expect(await linkNames(pod.netns)).toEqual(['net1']);
  await callOfNetwork('GC', node, conf);
  expect(marks(node)).toEqual([]);
  expect(await linkNames(pod.netns)).toEqual([]);
  expect(await exec(node, 'nft', ['list', 'ruleset'])).not.toContain('10.20.1.11');
  expect(await linkNames(node)).toEqual(['vlanbr0']);
});

test('a second ADD of a live pod that is killed does the pod no harm', async () => {
  const other = await createPod(node);
  const result = await add(pod, conf);
  const restore = killAt('sendto', 1);
  expect(await call('ADD', pod, conf)).toMatchObject({ exitCode: undefined });
  restore();
  expect(marks(node)).not.toEqual([]);
  await add(other, otherConf);
  expect(marks(node)).toEqual([]);
  await check(pod, conf, result);
  expect(await pings(pod.netns, '10.20.1.12')).toBe(true);
});

test('neither GC nor a sweep touches a port of 50 ADDs that run meanwhile, and what killed ones left is removed', async () => {
  const live = await Promise.all(Array.from({ length: 50 }, () => createPod(node)));
  const victims = await Promise.all(Array.from({ length: 4 }, () => createPod(node)));
  const plain = (index: number) =>
    networkConf({ cniVersion: '1.1.0', ipam: staticIpam([`10.20.1.${11 + index}/24`]) });
  const valid = live.map(({ containerId }) => ({ containerID: containerId, ifname: 'net1' }));
  const restore = killAt('sendto', 8);
  const killed = victims.map((victim, index) => call('ADD', victim, plain(100 + index)));
  restore();
  const adds = live.map((each, index) => add(each, plain(index), { timeoutMs: 110_000 }));
  for (let round = 0; round < 4; round += 1) await callOfNetwork('GC', node, { ...plain(0), [VALID]: valid });
  const results = await Promise.all(adds);
  for (const output of await Promise.all(killed)) expect(output.exitCode).toBeUndefined();
  await callOfNetwork('GC', node, { ...plain(0), [VALID]: valid });
  const ports = results.map(({ interfaces }) => interfaces[1].name);
  expect(await linkNames(node)).toEqual([...ports, 'vlanbr0'].sort());
  expect(marks(node)).toEqual([]);
  const [first] = live;
  const answers = await Promise.all(
    live.slice(1).map((_each, index) => pings((first as Pod).netns, `10.20.1.${12 + index}`)),
  );
  expect(answers).toEqual(Array.from({ length: 49 }, () => true));
});
