import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A process to be started, and what it gets. */
export type Process = {
  readonly path: string;
  readonly args?: readonly string[];
  /** Its whole environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its stdin, in a pipe that is filled before it starts; at most 64 kB. */
  readonly input: string;
  /** Whether it starts only when the one before it in the list has ended. */
  readonly after?: boolean;
};

/** What one start of one or more processes took, their children included. */
export type Usage = {
  /** From before the first was started until the last had ended. */
  readonly wallMs: number;
  /** The sums over all processes. The kernel knows the sum of the two exactly, and shares it out by its clock ticks. */
  readonly userMs: number;
  readonly systemMs: number;
  /** The largest resident set that any single process had. */
  readonly peakKb: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
};

/** How a process ended, and what it wrote on stdout. */
export type Ended = { readonly exitCode: number; readonly stdout: string };

const TIMEOUT_S = 120;
const SOURCE = join(import.meta.dirname, 'launch.c');

/** Compiles the launcher for this machine. @returns its path */
export function buildLauncher(): string {
  const path = join(import.meta.dirname, '../../dist/bench/launch');
  mkdirSync(dirname(path), { recursive: true });
  const { error, status, stderr } = spawnSync('cc', ['-O2', '-o', path, SOURCE], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cc ${SOURCE}: ${error?.message ?? stderr}; it needs gcc and libc6-dev`);
  return path;
}

/**
 * Runs the processes in a network namespace to their end.
 * @throws Error when one cannot be started, or when they take longer than two minutes
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

/** The words of launch.c: how it starts, its arguments, its environment, its input. */
function plan({ path, args = [], env = {}, input, after = false }: Process): string {
  const argv = [path, ...args];
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const words = [after ? 'after' : 'at-once', argv.length, ...argv, variables.length, ...variables, input];
  return words.map((word) => `${word}\0`).join('');
}

/** The launcher's report: a line with the time of the whole, then of each process a line of numbers and its output. */
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
