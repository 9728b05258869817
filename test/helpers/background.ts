import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { vi } from 'vitest';
import type { Cleanup, Netns } from './netns.ts';

/** A program that runs until it ends, or until the end of the test or file. */
export type Background = {
  /** Everything that it has printed so far, on both streams. */
  readonly printed: () => string;
  /** Waits until its output matches the pattern. @throws Error with the output when it has not by then */
  readonly until: (pattern: RegExp, timeoutMs: number) => Promise<void>;
  /** Waits for its end, and returns everything that it has printed. */
  readonly ended: () => Promise<string>;
  /** Sends SIGINT, as Ctrl-C does. */
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
