import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ancestorIds, killDescendants, processId } from '../../src/sys/process-tree.ts';
import { runProgram } from '../../src/sys/program.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { isRunning } from './running.ts';

test('the id of a process is its pid and the time of its start', () => {
  expect(processId()).toMatch(new RegExp(`^${process.pid}:[1-9]\\d*$`));
  expect(processId()).toBe(processId());
});

test('ancestors are the parent first, to the first process that is to be seen', () => {
  const pids = ancestorIds().map((id) => Number(id.split(':')[0]));
  expect(pids[0]).toBe(process.ppid);
  expect(pids.at(-1)).toBe(1);
});

test('killDescendants ends a child whatever its name, and no process that is not a descendant', () => {
  const file = join(temporaryDirectory(), 'a) S 1 (b');
  copyFileSync('/bin/sleep', file);
  const { pid = 0 } = spawn(file, ['60'], { stdio: 'ignore' });
  expect(isRunning(pid)).toBe(true);
  killDescendants();
  expect(isRunning(pid)).toBe(false);
  expect(isRunning(process.ppid)).toBe(true);
});

describe('what a program has started', () => {
  /** A child, and one in a session of its own whose parent has ended. */
  const CHILDREN = 'sleep 60 & echo $!; (setsid sleep 60 & echo $!);';
  const pidsOf = (stdout: string): readonly number[] => (stdout.match(/\d+/g) ?? []).slice(0, 2).map(Number);

  function runShell(script: string) {
    const output = runProgram({ file: '/bin/sh', args: ['-c', script], env: {}, input: '', timeoutMs: 1000 });
    const pids = pidsOf(output.stdout);
    onTestFinished(() => pids.filter(isRunning).forEach((pid) => void process.kill(pid, 'SIGKILL')));
    expect(pids).toHaveLength(2);
    return { failure: output.failure, running: pids.map(isRunning) };
  }

  test.each([
    ['takes longer than its time', 'exec sleep 60', 'did not end within 1 s'],
    ['has ended, and left stdout open', '', 'did not end within 1 s'],
    ['prints without end', 'exec yes', 'printed more than 4194304 bytes'],
  ])('is killed with a program that %s', (_what, rest, failure) => {
    expect(runShell(CHILDREN + rest)).toEqual({ failure, running: [false, false] });
  });

  test.each([
    ['succeeds', 'exit 0', undefined],
    ['fails', 'exit 3', 'failed with exit code 3'],
  ])('is left alone with a program that %s', (_what, rest, failure) => {
    const quiet = 'sleep 60 >/dev/null 2>&1 & echo $!; setsid sleep 60 >/dev/null 2>&1 & echo $!;';
    expect(runShell(quiet + rest)).toEqual({ failure, running: [true, true] });
  });
});
