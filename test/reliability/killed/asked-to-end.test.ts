import { expect, test } from 'vitest';
import { soak } from '../../helpers/soak.ts';
import { inject, traceCalls } from '../../helpers/strace.ts';
import { countCases } from '../cases.ts';
import { createTestbed, differences } from '../fault-testbed.ts';
import { recordCalls } from '../system-calls.ts';

test.for(['SIGTERM', 'SIGINT', 'SIGHUP'])(
  'an ADD that gets %s before a message to the kernel takes everything back, or ends well when it is complete by then',
  async (signal, context) => {
    const testbed = await createTestbed();
    const before = await testbed.snapshot();
    const calls = await recordCalls((by) => testbed.call('ADD', { by }));
    await testbed.call('DEL');
    const sent = calls.filter(({ name }) => name === 'sendto');
    let takenBack = 0;
    for (const call of sent.filter((_, index) => soak || index % 3 === 0)) {
      const options = inject(call, `signal=${signal}`);
      const { output } = await traceCalls(options, (by) => testbed.call('ADD', { by }));
      if (output.exitCode === 0) await testbed.call('DEL');
      else {
        expect(output).toMatchObject({ exitCode: 1, stderr: '', json: REFUSAL });
        takenBack += 1;
      }
      expect(testbed.holdsAddresses()).toBe(false);
      expect(differences(before, await testbed.snapshot())).toEqual([]);
    }
    countCases(context, takenBack, 3);
  },
);

test('an ADD whose caller has set its alarm clock works', async () => {
  const testbed = await createTestbed();
  const clocked = (seconds: number) => ['/usr/bin/perl', '-e', `alarm ${seconds}; exec @ARGV`];
  expect(await testbed.call('ADD', { by: clocked(60) })).toMatchObject({ exitCode: 0 });
  await testbed.call('DEL');
});

const REFUSAL = { cniVersion: '1.1.0', code: 11, msg: 'asked to end by a signal' };
