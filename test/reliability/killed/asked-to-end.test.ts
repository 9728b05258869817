import { expect, test } from 'vitest';
import { soak } from '../../helpers/soak.ts';
import { countCases } from '../cases.ts';
import { createStage, differences } from '../fault-stage.ts';
import { inject, recordCalls, traceCalls } from '../system-calls.ts';

test.for(['SIGTERM', 'SIGINT', 'SIGHUP'])(
  'an ADD that gets %s before a message to the kernel takes everything back, or ends well when it is complete by then',
  async (signal, context) => {
    const stage = await createStage();
    const before = await stage.look();
    const calls = await recordCalls((by) => stage.call('ADD', { by }));
    await stage.call('DEL');
    const sent = calls.filter(({ name }) => name === 'sendto');
    let takenBack = 0;
    for (const call of sent.filter((_, index) => soak || index % 3 === 0)) {
      const options = inject(call, `signal=${signal}`);
      const { output } = await traceCalls(options, (by) => stage.call('ADD', { by }));
      if (output.exitCode === 0) await stage.call('DEL');
      else {
        expect(output).toMatchObject({ exitCode: 1, stderr: '', json: REFUSAL });
        takenBack += 1;
      }
      expect(stage.holdsAddresses()).toBe(false);
      expect(differences(before, await stage.look())).toEqual([]);
    }
    countCases(context, takenBack, 3);
  },
);

test('an ADD whose caller has set its alarm clock works', async () => {
  const stage = await createStage();
  const clocked = (seconds: number) => ['/usr/bin/perl', '-e', `alarm ${seconds}; exec @ARGV`];
  expect(await stage.call('ADD', { by: clocked(60) })).toMatchObject({ exitCode: 0 });
  await stage.call('DEL');
});

const REFUSAL = { cniVersion: '1.1.0', code: 11, msg: 'asked to end by a signal' };
