import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, onTestFinished } from 'vitest';

/** A named network namespace, as `ip netns` makes them. */
export type Netns = { readonly name: string; readonly path: string };

/** Has `fn` run at the end of a test or of a file; what was registered last runs first. */
export type Cleanup = (fn: () => Promise<void>) => void;

/** Bounds every command of the tests; a guest without hardware support needs seconds for what else takes a moment. */
export const EXEC_TIMEOUT_MS = 60_000;

/**
 * Makes a network namespace with a name of its own; its loopback is down. It goes away at the end, and with it the processes that
 * run in it: at the end of the current test, or, with `fileCleanup()`, of the file.
 */
export async function createNetns(prefix: string, cleanup: Cleanup = onTestFinished): Promise<Netns> {
  const name = `${prefix}-${randomBytes(4).toString('hex')}`;
  const netns = { name, path: `/run/netns/${name}` };
  await run('ip', ['netns', 'add', name]);
  cleanup(() => deleteNetns(netns));
  return netns;
}

/** Ends the processes in the namespace and removes its name; one that is gone already is fine. */
export async function deleteNetns({ name, path }: Netns): Promise<void> {
  if (!existsSync(path)) return;
  for (const pid of processesIn(path)) kill(pid);
  await run('ip', ['netns', 'del', name]);
}

/** Runs a command in the namespace: its stdout. Fails, with what the command said, unless it exits with 0. */
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

/** What `ip -j ARGS` shows in the namespace; an empty list where it shows nothing. */
export async function ipJson<Shown = unknown>(netns: Netns, ...args: readonly string[]): Promise<Shown[]> {
  return parseShown(await run('ip', ['-n', netns.name, '-j', ...args]));
}

/** What `bridge -j ARGS` shows in the namespace; an empty list where it shows nothing. */
export async function bridgeJson<Shown = unknown>(
  netns: Netns,
  ...args: readonly string[]
): Promise<Shown[]> {
  return parseShown(await run('bridge', ['-n', netns.name, '-j', ...args]));
}

/** The pids in the network namespace of that path, as `ip netns pids` has them, which costs a process. */
export function processesIn(path: string): readonly number[] {
  const { ino } = statSync(path);
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.filter((pid) => netnsOf(pid) === `net:[${ino}]`).map(Number);
}

/** A `Cleanup` for what all tests of a file share. To be called while the file is collected, outside of tests and hooks. */
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

/** undefined for a process that has ended meanwhile, or is about to. */
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
