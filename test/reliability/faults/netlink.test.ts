import { describe, expect, test } from 'vitest';
import { ip } from '../../helpers/netns.ts';
import { countCases } from '../cases.ts';
import { addAct, delAct } from '../fault-acts.ts';
import { createTestbed } from '../fault-testbed.ts';
import { recordAct, surviveFaults } from '../faults.ts';
import { recordCalls } from '../system-calls.ts';
import { lostCreation, refusalFaults, replyFaults, strangerFaults } from './netlink-faults.ts';

describe.each([
  ['an ADD leaves everything as it was, or is complete', addAct, { refusals: 14, replies: 30, strangers: 4 }],
  ['a DEL is made good by the next one', delAct, { refusals: 4, replies: 6, strangers: 1 }],
])('%s,', (_case, actOn, atLeast) => {
  test.for([
    ['when the kernel refuses one request', refusalFaults, atLeast.refusals],
    ['when one reply cannot be read', replyFaults, atLeast.replies],
    ['when one reply comes from somebody else', strangerFaults, atLeast.strangers],
  ] as const)('%s', async ([, faultsOf, least], context) => {
    const testbed = await createTestbed({ recordingIpam: false });
    const act = actOn(testbed, await testbed.snapshot());
    const faults = faultsOf(await recordAct(testbed, act));
    countCases(context, await surviveFaults(testbed, act, faults), least);
  });
});

test('an ADD that does not learn that it has made the bridge takes it away again', async () => {
  const testbed = await createTestbed({ bridge: false, recordingIpam: false });
  const act = addAct(testbed, await testbed.snapshot());
  const calls = await recordCalls((by) => testbed.call('ADD', { by }));
  await testbed.call('DEL');
  await ip(testbed.pod.node, 'link del plain0');
  expect(await surviveFaults(testbed, act, [lostCreation(calls)])).toBe(1);
});
