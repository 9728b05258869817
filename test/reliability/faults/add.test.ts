import { test } from 'vitest';
import { countCases } from '../cases.ts';
import { addAct } from '../fault-acts.ts';
import { createTestbed } from '../fault-testbed.ts';
import { errorFaults, recordAct, surviveFaults } from '../faults.ts';

test('an ADD with one failed system call changes nothing, or is complete', async (context) => {
  const testbed = await createTestbed();
  const act = addAct(testbed, await testbed.snapshot());
  // An engine may read the output of another program by recvfrom, in any number of pieces.
  const faults = errorFaults((await recordAct(testbed, act)).filter(({ name }) => name !== 'recvfrom'));
  countCases(context, await surviveFaults(testbed, act, faults), 177);
});

test('an ADD that cannot receive one reply changes nothing, or is complete', async (context) => {
  const testbed = await createTestbed({ recordingIpam: false });
  const act = addAct(testbed, await testbed.snapshot());
  const faults = errorFaults((await recordAct(testbed, act)).filter(({ name }) => name === 'recvfrom'));
  countCases(context, await surviveFaults(testbed, act, faults), 41);
});
