import { expect, test } from 'vitest';
import { attach, heldAddresses, problemsOf } from '../../helpers/fault-acts.ts';
import { createStage, differences, type Stage } from '../../helpers/fault-stage.ts';
import { soak } from '../../helpers/soak.ts';
import { inject, recordCalls, type SystemCall, traceCalls } from '../../helpers/system-calls.ts';

test.each([
  ['at any of its system calls', true, (name: string) => name !== 'recvfrom', 80],
  // An engine may read by recvfrom what IPAM prints, in as many pieces as come.
  ['before it receives an answer', false, (name: string) => name === 'recvfrom', 20],
])(
  'an ADD that is killed %s leaves nothing after what the runtime does next',
  async (_when, keeper, isTried, least) => {
    const { stage, before } = await begin(keeper);
    const calls = await recordCalls((by) => stage.call('ADD', { by }));
    await stage.call('DEL');
    // By its last message the port is complete: an ADD of the same once more is refused from then on.
    const complete = calls.findLastIndex(({ name }) => name === 'sendto');
    const problems: string[] = [];
    let killed = 0;
    for (const [index, call] of calls.entries()) {
      if (!isTried(call.name)) continue;
      for (const repeats of soak ? [false, true] : [index % 2 === 1]) {
        killed += await kill(stage, 'ADD', call);
        const found = [
          ...(repeats && index <= complete ? await problemsOf(stage, 'ADD') : []),
          ...(await problemsOf(stage, 'DEL')),
          ...heldAddresses(stage),
          ...differences(before, await stage.look()),
        ];
        problems.push(...found.map((problem) => `killed at ${call.shown.slice(0, 120)}: ${problem}`));
      }
    }
    report('ADD', killed, problems);
    expect(killed).toBeGreaterThan(least);
  },
);

test('a DEL that is killed at any of its system calls is made good by the next one', async () => {
  const { stage, before } = await begin();
  await attach(stage);
  const calls = await recordCalls((by) => stage.call('DEL', { by }));
  const problems: string[] = [];
  let killed = 0;
  for (const call of calls) {
    await attach(stage);
    killed += await kill(stage, 'DEL', call);
    const found = [...(await problemsOf(stage, 'DEL')), ...differences(before, await stage.look())];
    problems.push(...found.map((problem) => `killed at ${call.shown.slice(0, 120)}: ${problem}`));
  }
  report('DEL', killed, problems);
  expect(killed).toBeGreaterThan(15);
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'])(
  'an ADD that is ended by %s leaves nothing after its DEL',
  async (signal) => {
    const { stage, before } = await begin();
    const calls = await recordCalls((by) => stage.call('ADD', { by }));
    await stage.call('DEL');
    const sent = calls.filter(({ name }) => name === 'sendto');
    for (const call of sent.filter((_, index) => index % 4 === 0)) {
      expect(await kill(stage, 'ADD', call, signal)).toBe(1);
      expect(await problemsOf(stage, 'DEL')).toEqual([]);
      expect(differences(before, await stage.look())).toEqual([]);
    }
  },
);

async function begin(keeper = true): Promise<{ stage: Stage; before: object }> {
  const stage = await createStage({ keeper });
  return { stage, before: await stage.look() };
}

/** Kills the plugin when it is about to make the call: 1, or 0 when it did not come to that. It prints nothing then. */
async function kill(stage: Stage, verb: string, call: SystemCall, signal = 'SIGKILL'): Promise<number> {
  const { output, lines } = await traceCalls(inject(call, `signal=${signal}`), (by) =>
    stage.call(verb, { by }),
  );
  if (!lines.some((line) => line.startsWith(`+++ killed by ${signal}`))) return 0;
  expect(output).toMatchObject({ stdout: '', stderr: '' });
  return 1;
}

function report(verb: string, killed: number, problems: readonly string[]): void {
  process.stdout.write(`kills of ${verb}: ${killed}\n`);
  expect(problems).toEqual([]);
}
