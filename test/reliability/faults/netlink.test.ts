import { describe, expect, test } from 'vitest';
import { countCases } from '../../helpers/cases.ts';
import { addAct, delAct } from '../../helpers/fault-acts.ts';
import { createStage } from '../../helpers/fault-stage.ts';
import { recordAct, surviveFaults } from '../../helpers/faults.ts';
import { ip } from '../../helpers/netns.ts';
import { recordCalls } from '../../helpers/system-calls.ts';
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
    const stage = await createStage({ keeper: false });
    const act = actOn(stage, await stage.look());
    const faults = faultsOf(await recordAct(stage, act));
    countCases(context, await surviveFaults(stage, act, faults), least);
  });
});

test('an ADD that does not learn that it has made the bridge takes it away again', async () => {
  const stage = await createStage({ bridge: false, keeper: false });
  const act = addAct(stage, await stage.look());
  const calls = await recordCalls((by) => stage.call('ADD', { by }));
  await stage.call('DEL');
  await ip(stage.pod.node, 'link del plain0');
  expect(await surviveFaults(stage, act, [lostCreation(calls)])).toBe(1);
});
