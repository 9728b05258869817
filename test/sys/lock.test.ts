import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { acquireLock, lockIfAbandoned } from '../../src/sys/lock.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

test('makes the file and its directory for us alone', () => {
  const path = join(temporaryDirectory(), 'run', 'lock');
  acquireLock(path, 'exclusive', 0).release();
  expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
  expect((statSync(join(path, '..')).mode & 0o777).toString(8)).toBe('700');
});

test.each([
  { held: 'shared', wanted: 'shared', granted: true },
  { held: 'shared', wanted: 'exclusive', granted: false },
  { held: 'exclusive', wanted: 'shared', granted: false },
  { held: 'exclusive', wanted: 'exclusive', granted: false },
] as const)('while $held is held, $wanted is granted: $granted', ({ held, wanted, granted }) => {
  const path = lockPath();
  const first = acquireLock(path, held, 0);
  const attempt = () => acquireLock(path, wanted, 0).release();
  const outcome = outcomeOf(attempt);
  first.release();
  expect(outcome).toBe(granted ? 'granted' : 'LockTimeout');
  expect(outcomeOf(attempt)).toBe('granted');
});

test('gives up after the timeout, naming lock and time, and leaves no descriptor open', () => {
  const path = lockPath();
  const held = acquireLock(path, 'exclusive', 0);
  const before = readdirSync('/proc/self/fd').length;
  const start = performance.now();
  const error = thrownBy(() => acquireLock(path, 'exclusive', 50));
  const waitedMs = performance.now() - start;
  const after = readdirSync('/proc/self/fd').length;
  held.release();
  expect(error).toMatchObject({
    name: 'LockTimeout',
    path,
    timeoutMs: 50,
    message: `lock "${path}": still held by another process after 50 ms`,
  });
  expect(waitedMs).toBeGreaterThanOrEqual(50);
  expect(waitedMs).toBeLessThan(2000);
  expect(after).toBe(before);
});

test('waits for a lock that is released in time', async () => {
  const path = lockPath();
  await holderOf(path, 100);
  acquireLock(path, 'exclusive', 10_000).release();
});

test('gets the lock of a process that was killed', async () => {
  const path = lockPath();
  const holder = await holderOf(path, 60_000);
  expect(outcomeOf(() => acquireLock(path, 'shared', 0))).toBe('LockTimeout');
  holder.kill('SIGKILL');
  acquireLock(path, 'exclusive', 10_000).release();
});

describe('lockIfAbandoned', () => {
  test('takes the lock of a process that was killed, and another that asks has to wait', async () => {
    const path = lockPath();
    const holder = await holderOf(path, 60_000);
    expect(lockIfAbandoned(path)).toBeUndefined();
    holder.kill('SIGKILL');
    await once(holder, 'close');
    const lock = lockIfAbandoned(path);
    expect(lockIfAbandoned(path)).toBeUndefined();
    expect(outcomeOf(() => acquireLock(path, 'exclusive', 0))).toBe('LockTimeout');
    lock?.release();
    expect(outcomeOf(() => acquireLock(path, 'exclusive', 0))).toBe('granted');
  });

  test('makes no file where none is', () => {
    const path = lockPath();
    expect(lockIfAbandoned(path)).toBeUndefined();
    expect(readdirSync(join(path, '..'))).toEqual([]);
  });

  test('leaves no descriptor open when it gives up', () => {
    const path = lockPath();
    const held = acquireLock(path, 'shared', 0);
    const before = readdirSync('/proc/self/fd').length;
    expect(lockIfAbandoned(path)).toBeUndefined();
    expect(readdirSync('/proc/self/fd').length).toBe(before);
    held.release();
  });
});

test('a lock on a file that its holder has removed is no lock: who waited gets one on a new file', () => {
  const path = lockPath();
  const first = acquireLock(path, 'exclusive', 0);
  rmSync(path);
  const second = acquireLock(path, 'exclusive', 0);
  expect(outcomeOf(() => acquireLock(path, 'exclusive', 0))).toBe('LockTimeout');
  first.release();
  expect(outcomeOf(() => acquireLock(path, 'exclusive', 0))).toBe('LockTimeout');
  second.release();
});

test('refuses a directory that is a symbolic link', () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'real'), { mode: 0o700 });
  symlinkSync('real', join(directory, 'link'));
  const error = thrownBy(() => acquireLock(join(directory, 'link', 'lock'), 'exclusive', 0));
  expect(error).toMatchObject({ message: `lock directory "${directory}/link" is not a directory` });
  expect(readdirSync(join(directory, 'real'))).toEqual([]);
});

test('refuses a directory of another user', () => {
  const directory = temporaryDirectory();
  chownSync(directory, 12345, 0);
  const error = thrownBy(() => acquireLock(join(directory, 'lock'), 'exclusive', 0));
  expect(error).toMatchObject({ message: `lock directory "${directory}" belongs to uid 12345` });
});

test('refuses a directory that others may write to', () => {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o770);
  const error = thrownBy(() => acquireLock(join(directory, 'lock'), 'exclusive', 0));
  expect(error).toMatchObject({ message: `lock directory "${directory}" is writable by others` });
});

test('refuses a lock file that is a symbolic link', () => {
  const directory = temporaryDirectory();
  symlinkSync('elsewhere', join(directory, 'lock'));
  const error = thrownBy(() => acquireLock(join(directory, 'lock'), 'exclusive', 0));
  expect(error).toMatchObject({ name: 'SyscallError', code: 'ELOOP' });
  expect(readdirSync(directory)).toEqual(['lock']);
});

test.each([
  ['is a fifo', (path: string) => execFileSync('mkfifo', [path]), 'is not a regular file'],
  [
    'belongs to another user',
    (path: string) => {
      writeFileSync(path, '');
      chownSync(path, 12345, 0);
    },
    'belongs to uid 12345',
  ],
])('refuses a lock file that %s, and leaves no descriptor open', (_what, make, problem) => {
  const path = lockPath();
  make(path);
  const before = readdirSync('/proc/self/fd').length;
  for (const lock of [() => acquireLock(path, 'exclusive', 0), () => lockIfAbandoned(path)]) {
    expect(thrownBy(lock)).toMatchObject({ name: 'UntrustedFile', message: `lock "${path}" ${problem}` });
  }
  expect(readdirSync('/proc/self/fd').length).toBe(before);
});

function lockPath(): string {
  return join(temporaryDirectory(), 'lock');
}

function outcomeOf(attempt: () => unknown): string {
  try {
    attempt();
    return 'granted';
  } catch (error) {
    return (error as Error).name;
  }
}

/** Another process that already holds the lock, for `milliseconds` or until the test ends. */
async function holderOf(path: string, milliseconds: number): Promise<ChildProcess> {
  const program = `
    const { acquireLock } = await import(process.argv[1]);
    acquireLock(process.argv[2], 'exclusive', 0);
    process.stdout.write('held');
    setTimeout(() => process.exit(), Number(process.argv[3]));`;
  const module = join(import.meta.dirname, '../../src/sys/lock.ts');
  const args = ['--input-type=module', '--eval', program, module, path, `${milliseconds}`];
  const holder = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => {
    holder.kill('SIGKILL');
  });
  await once(holder.stdout, 'data');
  return holder;
}
