import { beforeEach, describe, expect, test } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { linkNames } from '../../helpers/links.ts';
import { exec, type Netns } from '../../helpers/netns.ts';
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
import { folderWithProgram } from '../../helpers/programs.ts';
import { killAt } from '../../helpers/strace.ts';
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

describe('a killed ADD', () => {
  const ofOthers = {
    'ADD of another pod': (other: Pod) => add(other, otherConf),
    'DEL of another pod': (other: Pod) => del(other, otherConf),
    'GC without a list': () => callOfNetwork('GC', node, conf),
  };
  const nexts = {
    ...ofOthers,
    'the next ADD of the same pod': () => add(pod, conf),
    'the DEL of the same pod': () => del(pod, conf),
  };

  // Message 5 creates the veth pair, 12 is about the gateway's address, 17 about the pod's.
  test.each([
    [6, 'DEL of another pod'],
    [6, 'the next ADD of the same pod'],
    [8, 'GC without a list'],
    [12, 'ADD of another pod'],
    [14, 'the DEL of the same pod'],
    [17, 'the next ADD of the same pod'],
  ] as const)('before its message %d to the kernel leaves nothing after %s', async (nth, next) => {
    const other = await createPod(node);
    expect(await addKilledAtMessage(nth, pod, conf)).toEqual(KILLED);
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

  test.each(Object.keys(ofOthers) as (keyof typeof ofOthers)[])(
    'after it has set its masquerade rules leaves nothing after %s',
    async (next) => {
      const others = await Promise.all([createPod(node), createPod(node)]);
      const [resident, other] = others;
      await add(resident, masquerading('10.20.1.13/24'));
      const before = await Promise.all([kernelState(node), kernelState(pod.netns)]);
      const PATH = folderWithProgram('nft', '/usr/sbin/nft "$@" && kill -KILL $PPID');
      expect(await call('ADD', pod, conf, { env: { PATH } })).toMatchObject({ exitCode: undefined });
      expect(await exec(node, 'nft', ['list', 'ruleset'])).toContain('saddr 10.20.1.11 ');
      await ofOthers[next](other);
      await del(other, otherConf);
      expect(await Promise.all([kernelState(node), kernelState(pod.netns)])).toEqual(before);
    },
  );
});

test('a killed second ADD does not change a live pod', async () => {
  const other = await createPod(node);
  const result = await add(pod, conf);
  expect(await addKilledAtMessage(1, pod, conf)).toEqual(KILLED);
  expect(marks(node)).not.toEqual([]);
  await add(other, otherConf);
  expect(marks(node)).toEqual([]);
  await check(pod, conf, result);
  expect(await pings(pod.netns, '10.20.1.12')).toBe(true);
});

test('GC and recovery remove the ports of killed ADDs and keep those of 50 running ADDs', async () => {
  const live = await Promise.all(Array.from({ length: 50 }, () => createPod(node)));
  const victims = await Promise.all(Array.from({ length: 4 }, () => createPod(node)));
  const plain = (index: number) =>
    networkConf({ cniVersion: '1.1.0', ipam: staticIpam([`10.20.1.${11 + index}/24`]) });
  const valid = live.map(({ containerId }) => ({ containerID: containerId, ifname: 'net1' }));
  const killed = victims.map((victim, index) => addKilledAtMessage(8, victim, plain(100 + index)));
  const adds = live.map((each, index) => add(each, plain(index), { timeoutMs: 110_000 }));
  for (let round = 0; round < 4; round += 1) await callOfNetwork('GC', node, { ...plain(0), [VALID]: valid });
  const results = await Promise.all(adds);
  expect(await Promise.all(killed)).toEqual(victims.map(() => KILLED));
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

/** Kills an ADD when it is about to send its nth message to the kernel. */
function addKilledAtMessage(nth: number, to: Pod, config: object): ReturnType<typeof killAt> {
  return killAt({ name: 'sendto', nth }, (by) => call('ADD', to, config, { by }));
}

const KILLED = {
  output: { exitCode: undefined, stdout: '', stderr: '', json: undefined },
  wasKilled: true,
};
