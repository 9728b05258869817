import { expect } from 'vitest';
import { killAt } from '../../helpers/strace.ts';
import { heldAddresses, problemsOf } from '../fault-acts.ts';
import { differences, type Testbed } from '../fault-testbed.ts';
import type { SystemCall } from '../system-calls.ts';

/** One death: the system call that the plugin is about to make, and the next call of the runtime. */
export type Kill = {
  readonly call: SystemCall;
  /** Whether the runtime calls ADD before it calls DEL. Both must succeed, and nothing may be left. */
  readonly again: boolean;
};

export type Killing = {
  readonly verb: 'ADD' | 'DEL';
  readonly kills: readonly Kill[];
  /** Runs before each kill; absent: nothing to prepare. */
  readonly prepare?: () => Promise<void>;
};

/**
 * Kills one verb at one system call after another, and compares the state after the next calls of the runtime. The test fails on any
 * problem.
 * @returns how many times the plugin was killed, which it prints too
 */
export async function killAtEach(
  testbed: Testbed,
  before: object,
  { verb, kills, prepare }: Killing,
): Promise<number> {
  const problems: string[] = [];
  let killed = 0;
  for (const { call, again } of kills) {
    await prepare?.();
    const wasKilled = await kill(testbed, verb, call);
    if (wasKilled) killed += 1;
    const found = [
      ...(again && wasKilled ? await problemsOf(testbed, 'ADD') : []),
      ...(await problemsOf(testbed, 'DEL')),
      ...heldAddresses(testbed),
      ...differences(before, await testbed.snapshot()),
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
async function kill(testbed: Testbed, verb: string, call: SystemCall): Promise<boolean> {
  const { output, wasKilled } = await killAt(call, (by) => testbed.call(verb, { by }));
  if (!wasKilled) return false;
  const hasAnswered = verb === 'ADD' && call.name === 'unlink';
  expect(output).toMatchObject({ json: hasAnswered ? expect.any(Object) : undefined, stderr: '' });
  if (!hasAnswered) expect(output.stdout).toBe('');
  return true;
}
