import { expect } from 'vitest';
import type { PluginOutput } from '../helpers/run-plugin.ts';
import { soak } from '../helpers/soak.ts';
import { inject, traceCalls } from '../helpers/strace.ts';
import type { Testbed } from './fault-testbed.ts';
import { isEvent, isInjected, recordCalls, type SystemCall } from './system-calls.ts';

/** Something that goes wrong in one call of the plugin. */
export type Fault = {
  readonly name: string;
  /** What strace does for it. */
  readonly options: readonly string[];
  /** Whether it has come about as meant, by what strace shows: a run that waits for an event has its calls at other places. */
  readonly cameAbout: (lines: readonly string[]) => boolean;
  /** It would be another fault elsewhere, a kernel that lies: then it says nothing about the plugin. */
  readonly onlyThere?: boolean;
  /** A word that the error must have, if there is one. */
  readonly word?: string;
  /** A word that it must not have. */
  readonly lie?: string;
};

/** A verb on which faults are tried. */
export type Act = {
  readonly verb: 'ADD' | 'DEL' | 'CHECK' | 'GC';
  /** Added to the configuration. */
  readonly keys?: object;
  /** What must have happened before; nothing when absent. */
  readonly prepare?: () => Promise<void>;
  /** What must be true after the call, which ended as it should: what is not, in words. Leaves the testbed as it was. */
  readonly judge: (output: PluginOutput) => Promise<readonly string[]>;
};

/**
 * The plugin's own system calls in one run of the verb, which must succeed. Whether it has to wait for an event is a matter of
 * microseconds: preferably one that has not.
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

/** Tries each of the faults on the verb, prints how many of them came about, and has the test fail if anything is amiss. */
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

/** Each of the calls failing, with two errors out of those that it may have; in the soak with all of them. */
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

/** In what ways a call may be refused by the machine. What would be a lie of the kernel (ENOENT of what is there) is not among it. */
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
  ftruncate: ['EIO', 'EINTR', 'EPERM'],
  unlink: ['EBUSY', 'EROFS', 'EPERM'],
  rename: ['ENOSPC', 'EROFS'],
  ioctl: ['ENOTTY', 'EPERM'],
};

/** What the runtime would not understand, and what a person would not. */
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
/** So many problems with one fault show what it is about. */
const ENOUGH = 3;

/** Words before the cause, where a bare `socket: EMFILE (too many open files)` has none. */
const NAMES_A_STEP = /(^|[:;] )[a-z]\S* [^:]/;
