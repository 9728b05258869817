import { expect, test } from 'vitest';
import { countCases } from '../../helpers/cases.ts';
import { attach } from '../../helpers/fault-acts.ts';
import { createStage, differences } from '../../helpers/fault-stage.ts';
import { kill, killAtEach } from '../../helpers/killed-acts.ts';
import { recordCalls } from '../../helpers/system-calls.ts';

test('a DEL that is killed at any of its system calls is made good by the next one', async (context) => {
  const stage = await createStage();
  const before = await stage.look();
  await attach(stage);
  const calls = await recordCalls((by) => stage.call('DEL', { by }));
  const prepare = () => attach(stage);
  countCases(context, await killAtEach(stage, before, { verb: 'DEL', calls, prepare, again: false }), 15);
});

test.for(['SIGTERM', 'SIGINT', 'SIGHUP'])(
  'an ADD that is ended by %s is over at once and leaves nothing after its DEL',
  async (signal, context) => {
    const stage = await createStage();
    const before = await stage.look();
    const calls = await recordCalls((by) => stage.call('ADD', { by }));
    await stage.call('DEL');
    const sent = calls.filter(({ name }) => name === 'sendto');
    let ended = 0;
    for (const call of sent.filter((_, index) => index % 4 === 0)) {
      // An ADD that need not wait for its port sends less than one that must: the last call may not come.
      if (await kill(stage, 'ADD', call, signal)) ended += 1;
      expect(await stage.call('DEL')).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
      expect(differences(before, await stage.look())).toEqual([]);
    }
    countCases(context, ended, 3);
  },
);
