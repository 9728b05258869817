import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PluginOutput } from './run-plugin.ts';

/** Calls the plugin, which the given words start: `by` of `PluginCall`. */
export type StartedBy = (by: readonly string[]) => Promise<PluginOutput>;

/** Names one system call of the plugin's main thread. */
export type CallPosition = {
  readonly name: string;
  /** The file that the call is about. Then `nth` counts only the calls about this file. */
  readonly path?: string | undefined;
  /** How many calls of that name the main thread has made with it, from 1. */
  readonly nth: number;
};

/** A call of the plugin that strace watched. */
export type Traced = {
  readonly output: PluginOutput;
  /** The output of strace: one line for each system call. */
  readonly lines: readonly string[];
};

/**
 * Calls the plugin under strace. Without `--follow-forks` it traces only the main thread, which makes all system calls of the
 * plugin's own code: threads of the engine and child processes run untraced.
 */
export async function traceCalls(options: readonly string[], call: StartedBy): Promise<Traced> {
  const folder = mkdtempSync(join(tmpdir(), 'vlan-bridge-strace-'));
  const file = join(folder, 'calls');
  try {
    const output = await call(['/usr/bin/strace', '--quiet=all', `--output=${file}`, ...options]);
    if (!existsSync(file)) throw new Error(`strace has not begun: ${output.stderr}`);
    return { output, lines: readFileSync(file, 'utf8').split('\n').filter(Boolean) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** strace's options that change one system call: `error=EPERM`, `signal=SIGKILL`. */
export function inject({ name, path, nth }: CallPosition, change: string): readonly string[] {
  const about = path === undefined ? [] : [`--trace-path=${path}`];
  return [...about, `--trace=${name}`, `--inject=${name}:${change}:when=${nth}`];
}

/**
 * Kills the plugin (SIGKILL) when it is about to make the system call. The kernel does not execute that call.
 * @returns how the plugin ended, and whether it reached the system call and was killed there
 */
export async function killAt(
  position: CallPosition,
  call: StartedBy,
): Promise<{ readonly output: PluginOutput; readonly wasKilled: boolean }> {
  const { output, lines } = await traceCalls(inject(position, 'signal=SIGKILL'), call);
  return { output, wasKilled: lines.at(-1) === '+++ killed by SIGKILL +++' };
}
