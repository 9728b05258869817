import { test } from 'vitest';
import { countCases } from '../../helpers/cases.ts';
import { addAct } from '../../helpers/fault-acts.ts';
import { createStage } from '../../helpers/fault-stage.ts';
import { errorFaults, recordAct, surviveFaults } from '../../helpers/faults.ts';

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
