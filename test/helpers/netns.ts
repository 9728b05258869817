import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, onTestFinished } from 'vitest';

/** A named network namespace, as `ip netns` makes them. */
export type Netns = { readonly name: string; readonly path: string };

/** Runs `fn` at the end of a test or of a file, in reverse order of registration. */
export type Cleanup = (fn: () => Promise<void>) => void;

/** Time limit of every command of the tests; a guest without hardware virtualization is many times slower. */
export const EXEC_TIMEOUT_MS = 60_000;

/**
 * Creates a network namespace with a unique name; its loopback is down. The cleanup kills the processes in it and deletes it: at the
 * end of the current test, or of the file with `fileCleanup()`.
 */
export async function createNetns(prefix: string, cleanup: Cleanup = onTestFinished): Promise<Netns> {
  const name = `${prefix}-${randomBytes(4).toString('hex')}`;
  const netns = { name, path: `/run/netns/${name}` };
  await run('ip', ['netns', 'add', name]);
  cleanup(() => deleteNetns(netns));
  return netns;
}

/** Kills the processes in the namespace and deletes it, if it still exists. */
export async function deleteNetns({ name, path }: Netns): Promise<void> {
  if (!existsSync(path)) return;
  for (const pid of processesIn(path)) kill(pid);
  await run('ip', ['netns', 'del', name]);
}

/** Runs a command in the namespace and returns its stdout. @throws Error with its output unless it exits with 0 */
export function exec(netns: Netns, command: string, args: readonly string[]): Promise<string> {
  return run('nsenter', [`--net=${netns.path}`, command, ...args]);
}

/** Runs lines of `ip` in the namespace, such as `link set eth0 up`, in one process. */
export async function ip(netns: Netns, ...lines: readonly string[]): Promise<void> {
  await batch('ip', netns, lines);
}

/** Runs lines of `bridge` in the namespace, such as `vlan add dev eth0 vid 100`, in one process. */
export async function bridge(netns: Netns, ...lines: readonly string[]): Promise<void> {
  await batch('bridge', netns, lines);
}

/** The output of `ip -j ARGS` in the namespace; an empty list when it prints nothing. */
export async function ipJson<Shown = unknown>(netns: Netns, ...args: readonly string[]): Promise<Shown[]> {
  return parseShown(await run('ip', ['-n', netns.name, '-j', ...args]));
}

/** The output of `bridge -j ARGS` in the namespace; an empty list when it prints nothing. */
export async function bridgeJson<Shown = unknown>(
  netns: Netns,
  ...args: readonly string[]
): Promise<Shown[]> {
  return parseShown(await run('bridge', ['-n', netns.name, '-j', ...args]));
}

/** The pids in the network namespace of that path, as `ip netns pids` prints them, but without starting a process. */
export function processesIn(path: string): readonly number[] {
  const { ino } = statSync(path);
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.filter((pid) => netnsOf(pid) === `net:[${ino}]`).map(Number);
}

/** A `Cleanup` for resources that all tests of a file share. Call it while vitest collects the file, outside of tests and hooks. */
export function fileCleanup(): Cleanup {
  const fns: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const fn of fns.reverse()) await fn();
  });
  return (fn) => {
    fns.push(fn);
  };
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execa(command, args, { timeout: EXEC_TIMEOUT_MS });
  return stdout;
}

async function batch(command: string, { name }: Netns, lines: readonly string[]): Promise<void> {
  const input = `${lines.join('\n')}\n`;
  await execa(command, ['-n', name, '-batch', '-'], { input, timeout: EXEC_TIMEOUT_MS });
}

function parseShown<Shown>(text: string): Shown[] {
  return text.trim() === '' ? [] : JSON.parse(text);
}

/** undefined for a process that has ended meanwhile. */
function netnsOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
