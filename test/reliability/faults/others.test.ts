import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { showHostEnd } from '../../helpers/links.ts';
import { ip } from '../../helpers/netns.ts';
import { keptFiles } from '../../helpers/trunk.ts';
import { countCases } from '../cases.ts';
import { attach, delAct, problemsOf } from '../fault-acts.ts';
import { createStage, differences, type Stage } from '../fault-stage.ts';
import { type Act, errorFaults, recordAct, surviveFaults } from '../faults.ts';
import { inject, recordCalls, type SystemCall, traceCalls } from '../system-calls.ts';

test('a DEL of which one system call fails releases the addresses, and the next DEL leaves nothing', async (context) => {
  const stage = await createStage();
  const act = delAct(stage, await stage.look());
  const faults = errorFaults(await recordAct(stage, act));
  countCases(context, await surviveFaults(stage, act, faults), 31);
});

test('a CHECK of which one system call fails changes nothing', async (context) => {
  // Without IPAM's program: an engine may read what it prints by recvfrom, in as many pieces as come.
  const stage = await createStage({ keeper: false });
  const { json } = await stage.call('ADD');
  const attached = await stage.look();
  const act: Act = {
    verb: 'CHECK',
    keys: { prevResult: json },
    judge: async () => differences(attached, await stage.look()),
  };
  const faults = errorFaults(await recordAct(stage, act));
  countCases(context, await surviveFaults(stage, act, faults), 61);
});

test('a GC of which one system call fails is made good by the next GC', async (context) => {
  const stage = await createStage();
  const before = await stage.look();
  const keys = { 'cni.dev/valid-attachments': [] };
  const act: Act = {
    verb: 'GC',
    keys,
    prepare: await leftovers(stage),
    judge: async ({ exitCode }) => {
      const refused = exitCode === 0 ? [] : await problemsOf(stage, 'GC', keys);
      return [...refused, ...differences(before, await stage.look())];
    },
  };
  const faults = errorFaults(await recordAct(stage, act));
  countCases(context, await surviveFaults(stage, act, faults), 41);
});

/**
 * Finds out what an ADD and a killed ADD leave, and takes it away again.
 * @returns leaves the same, as far as GC looks at it, without the time that two ADDs take
 */
async function leftovers(stage: Stage): Promise<() => Promise<void>> {
  const { node, netns } = stage.pod;
  await attach(stage);
  const { ifname: stale, ifalias } = await showHostEnd(node, netns);
  const killer = await callAfterVeth(stage);
  await traceCalls(inject(killer, 'signal=SIGKILL'), (by) => stage.call('ADD', { ifname: 'net2', by }));
  const { ifname: abandoned } = await showHostEnd(node, netns, 'net2');
  const [mark, ...others] = keptFiles(node);
  expect([mark, others]).toEqual([expect.stringMatching(`-${abandoned}[.]`), []]);
  expect(await problemsOf(stage, 'GC', { 'cni.dev/valid-attachments': [] })).toEqual([]);
  return async () => {
    const pair = (port: string, link: string) =>
      `link add ${port} master plain0 type veth peer name ${link} netns ${netns.name}`;
    await ip(node, pair(stale, 'net1'), `link set ${stale} alias "${ifalias}"`, pair(abandoned, 'net2'));
    writeFileSync(`/run/vlan-bridge/${mark}`, '');
  };
}

/** The message that follows on the one by which ADD makes its links. */
async function callAfterVeth(stage: Stage): Promise<SystemCall> {
  await stage.call('DEL');
  const calls = await recordCalls((by) => stage.call('ADD', { by }));
  const sent = calls.filter(({ name }) => name === 'sendto');
  const after = sent[sent.findIndex(({ shown }) => shown.includes('NLM_F_CREATE')) + 1];
  if (after === undefined) throw new Error('ADD has made no links');
  return after;
}
