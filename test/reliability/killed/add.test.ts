import { test } from 'vitest';
import { countCases } from '../../helpers/cases.ts';
import { createStage } from '../../helpers/fault-stage.ts';
import { soak } from '../../helpers/soak.ts';
import { recordCalls } from '../../helpers/system-calls.ts';
import { killAtEach } from './killed-acts.ts';

test.for([
  ['at any of its system calls', true, (name: string) => name !== 'recvfrom', 40],
  // An engine may read by recvfrom what IPAM prints, in as many pieces as come.
  ['before it receives an answer', false, (name: string) => name === 'recvfrom', 10],
] as const)(
  'an ADD that is killed %s leaves nothing after its DEL',
  async ([, keeper, isTried, least], context) => {
    const stage = await createStage({ keeper });
    const before = await stage.look();
    const recorded = await recordCalls((by) => stage.call('ADD', { by }));
    await stage.call('DEL');
    // The others are those of add-again.test.ts.
    const calls = recorded.filter(({ name }, index) => isTried(name) && (soak || index % 2 === 0));
    countCases(context, await killAtEach(stage, before, { verb: 'ADD', calls, again: false }), least);
  },
);
