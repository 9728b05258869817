import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { vi } from 'vitest';
import type { Cleanup, Netns } from './netns.ts';

/** A program that runs until it ends, or until the end of the test or file. */
export type Background = {
  /** All that it has printed so far, on both streams. */
  readonly printed: () => string;
  /** Waits until it has printed something like the pattern. @throws Error with all that it has printed when the time is over */
  readonly until: (pattern: RegExp, timeoutMs: number) => Promise<void>;
  /** Waits for its end: all that it has printed. */
  readonly ended: () => Promise<string>;
  /** Asks it to end, as Ctrl-C does. */
  readonly interrupt: () => void;
};

/** Starts a program in the network namespace; it is killed in the cleanup. */
export function startBackground(netns: Netns, words: readonly string[], cleanup: Cleanup): Background {
  const child = spawn('nsenter', [`--net=${netns.path}`, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  cleanup(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const requireText = (pattern: RegExp): void => {
    if (!pattern.test(text)) throw new Error(`no ${pattern} (exit code ${child.exitCode}) in:\n${text}`);
  };
  return {
    printed: () => text,
    until: (pattern, timeout) => vi.waitFor(() => requireText(pattern), { timeout, interval: 50 }),
    ended: async () => {
      await closed;
      return text;
    },
    interrupt: () => void child.kill('SIGINT'),
  };
}
