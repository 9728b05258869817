import { expect } from 'vitest';
import type { PluginOutput } from '../helpers/run-plugin.ts';
import { soak } from '../helpers/soak.ts';
import { inject, traceCalls } from '../helpers/strace.ts';
import type { Testbed } from './fault-testbed.ts';
import { isEvent, isInjected, recordCalls, type SystemCall } from './system-calls.ts';

/** A failure that strace injects into one call of the plugin. */
export type Fault = {
  readonly name: string;
  /** The options of strace. */
  readonly options: readonly string[];
  /** Whether the output of strace shows the intended failure. A run that waits for an event has its system calls at other positions. */
  readonly cameAbout: (lines: readonly string[]) => boolean;
  /** At another position the fault would be a lie of the kernel, which proves nothing about the plugin: ignore such runs. */
  readonly onlyThere?: boolean;
  /** A word that an error must contain. */
  readonly word?: string;
  /** A word that an error must not contain. */
  readonly lie?: string;
};

/** A verb that gets the faults. */
export type Act = {
  readonly verb: 'ADD' | 'DEL' | 'CHECK' | 'GC';
  /** Added to the configuration. */
  readonly keys?: object;
  /** Runs before each call; absent: nothing to prepare. */
  readonly prepare?: () => Promise<void>;
  /** Checks the state after the call, whose output is well formed, and restores the testbed. Returns the problems. */
  readonly judge: (output: PluginOutput) => Promise<readonly string[]>;
};

/**
 * Lists the plugin's own system calls in one run of the verb, which must succeed. Prefers a run that did not wait for an event, which
 * is a matter of microseconds.
 */
export async function recordAct(testbed: Testbed, act: Act): Promise<readonly SystemCall[]> {
  let calls = await recordOnce(testbed, act);
  for (let tries = 1; tries < RECORDS && calls.some(isEvent); tries += 1)
    calls = await recordOnce(testbed, act);
  return calls;
}

const RECORDS = 5;

async function recordOnce(testbed: Testbed, act: Act): Promise<readonly SystemCall[]> {
  await act.prepare?.();
  let judged: readonly string[] = [];
  const calls = await recordCalls(async (by) => {
    const output = await testbed.call(act.verb, { by, ...(act.keys && { keys: act.keys }) });
    judged = await act.judge(output);
    return output;
  });
  expect(judged).toEqual([]);
  return calls;
}

/** Injects each of the faults into the verb, and prints how many happened. The test fails on any problem. */
export async function surviveFaults(testbed: Testbed, act: Act, faults: readonly Fault[]): Promise<number> {
  let tried = 0;
  let survived = 0;
  const problems: string[] = [];
  for (const fault of faults) {
    await act.prepare?.();
    const { output, lines } = await traceCalls(fault.options, (by) =>
      testbed.call(act.verb, { by, ...(act.keys && { keys: act.keys }) }),
    );
    const found = [...protocolProblems(act, fault, output), ...(await act.judge(output))];
    const cameAbout = fault.cameAbout(lines);
    if (!cameAbout && fault.onlyThere) continue;
    problems.push(...found.slice(0, ENOUGH).map((problem) => `${fault.name}: ${problem}`));
    if (!cameAbout) continue;
    tried += 1;
    if (found.length === 0) survived += 1;
  }
  process.stdout.write(`faults of ${act.verb}: ${tried} tried, ${survived} survived\n`);
  expect(problems).toEqual([]);
  return tried;
}

/** A fault for each call with two of its possible errors; in the soak with all of them. */
export function errorFaults(calls: readonly SystemCall[]): readonly Fault[] {
  return calls.flatMap((call, index) => {
    const errors = ERRORS[call.name] ?? [];
    const chosen = soak ? errors : [0, 1].map((step) => errors[(index + step) % errors.length]);
    return chosen.map((error) => ({
      name: `${call.shown.slice(0, 120)} with ${error}`,
      options: inject(call, `error=${error}`),
      cameAbout: isInjected,
      word: `${error}`,
    }));
  });
}

/** Errors that a machine can return for a call, without those that would be a lie of the kernel: ENOENT for an existing file. */
const ERRORS: Readonly<Record<string, readonly string[]>> = {
  socket: ['EMFILE', 'ENOBUFS', 'EPERM'],
  setsockopt: ['ENOMEM', 'ENOPROTOOPT'],
  bind: ['ENOMEM', 'EPERM'],
  sendto: ['ENOBUFS', 'EINTR', 'EPERM', 'ENOMEM'],
  recvfrom: ['ENOBUFS', 'EINTR', 'EAGAIN', 'ENOMEM'],
  setns: ['EPERM', 'ENOMEM'],
  open: ['EMFILE', 'EINTR', 'EACCES'],
  openat: ['EMFILE', 'EINTR', 'EACCES'],
  read: ['EIO', 'EINTR'],
  write: ['EIO', 'EINTR', 'EPERM'],
  statx: ['EACCES', 'ENOMEM'],
  newfstatat: ['EACCES', 'ENOMEM'],
  statfs: ['EACCES', 'ENOMEM'],
  getdents64: ['EIO', 'ENOMEM'],
  flock: ['ENOLCK', 'EINTR'],
  mkdir: ['ENOSPC', 'EROFS', 'EPERM'],
  fchmod: ['EIO', 'EINTR', 'EPERM'],
  unlink: ['EBUSY', 'EROFS', 'EPERM'],
  rename: ['ENOSPC', 'EROFS'],
  ioctl: ['ENOTTY', 'EPERM'],
};

/** Problems of the output for the runtime, and for a reader. */
function protocolProblems(act: Act, { word, lie }: Fault, output: PluginOutput): readonly string[] {
  const { exitCode, stdout, stderr } = output;
  const silent = stderr === '' ? [] : [`it says on stderr: ${stderr}`];
  if (exitCode === 0) {
    const asked = act.verb === 'ADD' ? output.json !== undefined : stdout === '';
    return [...silent, ...(asked ? [] : [`it prints: ${stdout}`])];
  }
  const { cniVersion, code, msg, details } = (output.json ?? {}) as Readonly<Record<string, unknown>>;
  const text = `${msg} ${details ?? ''}`;
  const good =
    exitCode === 1 &&
    cniVersion === '1.1.0' &&
    typeof code === 'number' &&
    (code < UNFORESEEN || word === undefined) &&
    NAMES_A_STEP.test(String(msg)) &&
    !/undefined|null|\[object| at .*:\d/.test(text) &&
    (word === undefined || text.includes(word)) &&
    (lie === undefined || !text.includes(lie));
  return [...silent, ...(good ? [] : [`exit code ${exitCode}, ${stdout.replace(/\s+/g, ' ')}`])];
}

const UNFORESEEN = 999;
/** The first problems of a fault are enough to understand it. */
const ENOUGH = 3;

/** Words before the cause. A bare `socket: EMFILE (too many open files)` has none. */
const NAMES_A_STEP = /(^|[:;] )[a-z]\S* [^:]/;
