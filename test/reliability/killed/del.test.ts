import { test } from 'vitest';
import { countCases } from '../cases.ts';
import { attach } from '../fault-acts.ts';
import { createTestbed } from '../fault-testbed.ts';
import { recordCalls } from '../system-calls.ts';
import { killAtEach } from './killed-acts.ts';

test('a DEL that is killed at any of its system calls is made good by the next one', async (context) => {
  const testbed = await createTestbed();
  const before = await testbed.snapshot();
  await attach(testbed);
  const calls = await recordCalls((by) => testbed.call('DEL', { by }));
  const kills = calls.map((call) => ({ call, again: false }));
  const prepare = () => attach(testbed);
  countCases(context, await killAtEach(testbed, before, { verb: 'DEL', kills, prepare }), 15);
});
