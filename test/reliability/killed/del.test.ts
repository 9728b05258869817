import { test } from 'vitest';
import { countCases } from '../../helpers/cases.ts';
import { attach } from '../../helpers/fault-acts.ts';
import { createStage } from '../../helpers/fault-stage.ts';
import { recordCalls } from '../../helpers/system-calls.ts';
import { killAtEach } from './killed-acts.ts';

test('a DEL that is killed at any of its system calls is made good by the next one', async (context) => {
  const stage = await createStage();
  const before = await stage.look();
  await attach(stage);
  const calls = await recordCalls((by) => stage.call('DEL', { by }));
  const prepare = () => attach(stage);
  countCases(context, await killAtEach(stage, before, { verb: 'DEL', calls, prepare, again: false }), 15);
});
