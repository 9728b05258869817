import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../project/root.ts';

/** A process to start, with its arguments, environment and input. */
export type Process = {
  readonly path: string;
  readonly args?: readonly string[];
  /** Its whole environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its stdin, written into a pipe before the process starts; at most 64 kB. */
  readonly input: string;
  /** True: it starts after the end of the process before it in the list. */
  readonly after?: boolean;
};

/** The resources that one start of one or more processes used, their children included. */
export type Usage = {
  /** The time from before the first start to the end of the last process. */
  readonly wallMs: number;
  /** The sums over all processes. The kernel measures user and system time together, and divides them by its clock ticks. */
  readonly userMs: number;
  readonly systemMs: number;
  /** The largest resident set that any single process had. */
  readonly peakKb: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
};

/** The exit code of a process, and its output. */
export type Ended = { readonly exitCode: number; readonly stdout: string };

const TIMEOUT_S = 120;
const SOURCE = join(import.meta.dirname, 'launch.c');

/** Compiles the launcher for this machine. @returns its path */
export function buildLauncher(): string {
  const path = join(ROOT, 'dist/bench/launch');
  mkdirSync(dirname(path), { recursive: true });
  const { error, status, stderr } = spawnSync('cc', ['-O2', '-o', path, SOURCE], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cc ${SOURCE}: ${error?.message ?? stderr}; install gcc and libc6-dev`);
  return path;
}

/**
 * Runs the processes in a network namespace until all have ended.
 * @throws Error if one cannot be started, or if they take longer than two minutes
 */
export function launch(
  launcher: string,
  netns: string,
  processes: readonly Process[],
): { readonly usage: Usage; readonly ended: readonly Ended[]; readonly stderr: string } {
  const { status, signal, stdout, stderr } = spawnSync(launcher, [netns, `${TIMEOUT_S}`], {
    input: processes.map(plan).join(''),
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0)
    throw new Error(`${processes[0]?.path}: launcher ended with ${signal ?? status}: ${stderr}`);
  return { ...parseReport(stdout), stderr: stderr.toString() };
}

/** The words that launch.c reads: the start, the arguments, the environment, the input. */
function plan({ path, args = [], env = {}, input, after = false }: Process): string {
  const argv = [path, ...args];
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const words = [after ? 'after' : 'at-once', argv.length, ...argv, variables.length, ...variables, input];
  return words.map((word) => `${word}\0`).join('');
}

/** Parses the launcher's report: a line with the total time, then for each process a line of numbers and its output. */
export function parseReport(report: Buffer): { readonly usage: Usage; readonly ended: readonly Ended[] } {
  const lineAt = (offset: number): string => report.toString('latin1', offset, report.indexOf('\n', offset));
  const wallNs = lineAt(0);
  const ended: Ended[] = [];
  const usages: Omit<Usage, 'wallMs'>[] = [];
  for (let offset = wallNs.length + 1; offset < report.length; ) {
    const line = lineAt(offset);
    const [exitCode = 0, userUs = 0, systemUs = 0, peakKb = 0, minorFaults = 0, majorFaults = 0, length = 0] =
      line.split(' ').map(Number);
    const start = offset + line.length + 1;
    ended.push({ exitCode, stdout: report.toString('utf8', start, start + length) });
    usages.push({ userMs: userUs / 1e3, systemMs: systemUs / 1e3, peakKb, minorFaults, majorFaults });
    offset = start + length + 1;
  }
  const sum = (key: keyof Omit<Usage, 'wallMs'>): number =>
    usages.reduce((total, usage) => total + usage[key], 0);
  const usage = {
    wallMs: Number(wallNs) / 1e6,
    userMs: sum('userMs'),
    systemMs: sum('systemMs'),
    peakKb: Math.max(...usages.map(({ peakKb }) => peakKb)),
    minorFaults: sum('minorFaults'),
    majorFaults: sum('majorFaults'),
  };
  return { usage, ended };
}
