import { expect, test } from 'vitest';
import { attach, delAct, problemsOf } from '../../helpers/fault-acts.ts';
import { createStage, differences, type Stage } from '../../helpers/fault-stage.ts';
import { type Act, errorFaults, recordAct, surviveFaults } from '../../helpers/faults.ts';
import { inject, recordCalls, type SystemCall, traceCalls } from '../../helpers/system-calls.ts';

test('a DEL of which one system call fails releases the addresses, and the next DEL leaves nothing', async () => {
  const stage = await createStage();
  const act = delAct(stage, await stage.look());
  const faults = errorFaults(await recordAct(stage, act));
  expect(await surviveFaults(stage, act, faults)).toBeGreaterThan(30);
});

test('a CHECK of which one system call fails changes nothing', async () => {
  const stage = await createStage();
  const { json } = await stage.call('ADD');
  const attached = await stage.look();
  const act: Act = {
    verb: 'CHECK',
    keys: { prevResult: json },
    judge: async () => differences(attached, await stage.look()),
  };
  const faults = errorFaults(await recordAct(stage, act));
  expect(await surviveFaults(stage, act, faults)).toBeGreaterThan(60);
});

test('a GC of which one system call fails is made good by the next GC', async () => {
  const stage = await createStage();
  const before = await stage.look();
  const keys = { 'cni.dev/valid-attachments': [] };
  const killer = await callAfterVeth(stage);
  const act: Act = {
    verb: 'GC',
    keys,
    prepare: async () => {
      await attach(stage);
      await traceCalls(inject(killer, 'signal=SIGKILL'), (by) => stage.call('ADD', { ifname: 'net2', by }));
    },
    judge: async ({ exitCode }) => {
      const refused = exitCode === 0 ? [] : await problemsOf(stage, 'GC', keys);
      return [...refused, ...differences(before, await stage.look())];
    },
  };
  const faults = errorFaults(await recordAct(stage, act));
  expect(await surviveFaults(stage, act, faults)).toBeGreaterThan(40);
});

/** The message that follows on the one by which ADD makes its links. */
async function callAfterVeth(stage: Stage): Promise<SystemCall> {
  const calls = await recordCalls((by) => stage.call('ADD', { by }));
  await stage.call('DEL');
  const sent = calls.filter(({ name }) => name === 'sendto');
  const after = sent[sent.findIndex(({ shown }) => shown.includes('NLM_F_CREATE')) + 1];
  if (after === undefined) throw new Error('ADD has made no links');
  return after;
}
