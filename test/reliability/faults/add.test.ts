import { test } from 'vitest';
import { countCases } from '../cases.ts';
import { addAct } from '../fault-acts.ts';
import { createStage } from '../fault-stage.ts';
import { errorFaults, recordAct, surviveFaults } from '../faults.ts';

test('an ADD of which one system call fails leaves everything as it was, or is complete', async (context) => {
  const stage = await createStage();
  const act = addAct(stage, await stage.look());
  // An engine may read by recvfrom what another program prints, in as many pieces as come.
  const faults = errorFaults((await recordAct(stage, act)).filter(({ name }) => name !== 'recvfrom'));
  countCases(context, await surviveFaults(stage, act, faults), 181);
});

test('an ADD of which one answer is not received leaves everything as it was, or is complete', async (context) => {
  const stage = await createStage({ keeper: false });
  const act = addAct(stage, await stage.look());
  const faults = errorFaults((await recordAct(stage, act)).filter(({ name }) => name === 'recvfrom'));
  countCases(context, await surviveFaults(stage, act, faults), 41);
});
