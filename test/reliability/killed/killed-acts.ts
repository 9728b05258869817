import { expect } from 'vitest';
import { heldAddresses, problemsOf } from '../../helpers/fault-acts.ts';
import { differences, type Stage } from '../../helpers/fault-stage.ts';
import { inject, type SystemCall, traceCalls } from '../../helpers/system-calls.ts';

/** Kills one verb at one system call after the other, and looks what is left after what the runtime does next. */
export type Killing = {
  readonly verb: 'ADD' | 'DEL';
  readonly calls: readonly SystemCall[];
  /** What must have happened before each; nothing when absent. */
  readonly prepare?: () => Promise<void>;
  /** Whether the runtime calls ADD before it calls DEL. Both must succeed, and nothing may be left. */
  readonly again: boolean;
};

/** Prints how many times the plugin was killed, and has the test fail if anything is amiss: how many times. */
export async function killAtEach(stage: Stage, before: object, killing: Killing): Promise<number> {
  const { verb, calls, prepare, again } = killing;
  const problems: string[] = [];
  let killed = 0;
  for (const call of calls) {
    await prepare?.();
    const wasKilled = await kill(stage, verb, call);
    if (wasKilled) killed += 1;
    const found = [
      ...(again && wasKilled ? await problemsOf(stage, 'ADD') : []),
      ...(await problemsOf(stage, 'DEL')),
      ...heldAddresses(stage),
      ...differences(before, await stage.look()),
    ];
    problems.push(...found.map((problem) => `killed at ${call.shown.slice(0, 120)}: ${problem}`));
  }
  process.stdout.write(`kills of ${verb}: ${killed}\n`);
  expect(problems).toEqual([]);
  return killed;
}

/**
 * Kills the plugin when it is about to make the call; false when it did not come to that. It must not have printed anything, but for
 * an ADD that is about to remove its mark: all but that is done.
 */
async function kill(stage: Stage, verb: string, call: SystemCall): Promise<boolean> {
  const options = inject(call, 'signal=SIGKILL');
  const { output, lines } = await traceCalls(options, (by) => stage.call(verb, { by }));
  if (!lines.some((line) => line.startsWith('+++ killed by SIGKILL'))) return false;
  const hasAnswered = verb === 'ADD' && call.name === 'unlink';
  expect(output).toMatchObject({ json: hasAnswered ? expect.any(Object) : undefined, stderr: '' });
  if (!hasAnswered) expect(output.stdout).toBe('');
  return true;
}
