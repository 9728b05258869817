import { test } from 'vitest';
import { countCases } from '../cases.ts';
import { addAct } from '../fault-acts.ts';
import { createTestbed } from '../fault-testbed.ts';
import { errorFaults, recordAct, surviveFaults } from '../faults.ts';

test('an ADD of which one system call fails leaves everything as it was, or is complete', async (context) => {
  const testbed = await createTestbed();
  const act = addAct(testbed, await testbed.snapshot());
  // An engine may read by recvfrom what another program prints, in as many pieces as come.
  const faults = errorFaults((await recordAct(testbed, act)).filter(({ name }) => name !== 'recvfrom'));
  countCases(context, await surviveFaults(testbed, act, faults), 177);
});

test('an ADD of which one answer is not received leaves everything as it was, or is complete', async (context) => {
  const testbed = await createTestbed({ recordingIpam: false });
  const act = addAct(testbed, await testbed.snapshot());
  const faults = errorFaults((await recordAct(testbed, act)).filter(({ name }) => name === 'recvfrom'));
  countCases(context, await surviveFaults(testbed, act, faults), 41);
});
