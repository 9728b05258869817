import { test } from 'vitest';
import { soak } from '../../helpers/soak.ts';
import { countCases } from '../cases.ts';
import { createTestbed } from '../fault-testbed.ts';
import { recordCalls } from '../system-calls.ts';
import { killAtEach } from './killed-acts.ts';

test.for([
  ['at any of its system calls', true, (name: string) => name !== 'recvfrom', 80],
  // An engine may read by recvfrom what IPAM prints, in as many pieces as come.
  ['before it receives an answer', false, (name: string) => name === 'recvfrom', 18],
] as const)(
  'an ADD that is killed %s leaves nothing after DEL, or after another ADD and DEL',
  async ([, recordingIpam, isTried, least], context) => {
    const testbed = await createTestbed({ recordingIpam });
    const before = await testbed.snapshot();
    const recorded = await recordCalls((by) => testbed.call('ADD', { by }));
    await testbed.call('DEL');
    const calls = recorded.map((call, index) => ({ call, again: index % 2 === 1 }));
    const kills = calls.flatMap(({ call, again }) => {
      if (!isTried(call.name)) return [];
      return soak
        ? [
            { call, again },
            { call, again: !again },
          ]
        : [{ call, again }];
    });
    countCases(context, await killAtEach(testbed, before, { verb: 'ADD', kills }), least);
  },
);
