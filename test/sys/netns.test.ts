import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closeNetns, isCurrentNetns, openNetns, withNetns } from '../../src/sys/netns.ts';
import { temporaryDirectory, temporaryNetns } from '../helpers/temporary.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

test('says that a missing path does not exist', () => {
  const error = thrownBy(() => openNetns('/run/netns/no-such-netns'));
  expect(error).toMatchObject({
    name: 'NetnsError',
    reason: 'missing',
    message: 'network namespace "/run/netns/no-such-netns" does not exist',
    cause: { syscall: 'open', code: 'ENOENT' },
  });
});

test.each([
  ['a regular file', makeFile],
  ['a directory', () => '/tmp'],
  ['a fifo that nobody writes to', makeFifo],
  ['a device', () => '/dev/null'],
  ['a mount namespace', () => '/proc/self/ns/mnt'],
])('refuses %s and leaves no descriptor open', (_kind, make) => {
  const path = make();
  const before = openDescriptors();
  const error = thrownBy(() => openNetns(path));
  expect(error).toMatchObject({
    name: 'NetnsError',
    reason: 'not-a-netns',
    message: `"${path}" is not a network namespace`,
  });
  expect(openDescriptors()).toBe(before);
});

test('passes on why a path cannot be opened', () => {
  const directory = temporaryDirectory();
  const path = join(directory, 'loop');
  execFileSync('ln', ['-s', path, path]);
  expect(thrownBy(() => openNetns(path))).toMatchObject({ name: 'SyscallError', code: 'ELOOP' });
});

test('recognises the namespace that the thread is in, under any path', () => {
  const own = openNetns(`/proc/${process.pid}/ns/net`);
  const other = openNetns(temporaryNetns());
  const answers = [isCurrentNetns(own), isCurrentNetns(other)];
  closeNetns(own);
  closeNetns(other);
  expect(answers).toEqual([true, false]);
});

test('runs the function inside and returns what it returns', () => {
  const netns = openNetns(temporaryNetns());
  const outside = currentNetns();
  const inside = withNetns(netns, () => ({ netns: currentNetns(), current: isCurrentNetns(netns) }));
  closeNetns(netns);
  expect(inside.current).toBe(true);
  expect(inside.netns).not.toBe(outside);
  expect(currentNetns()).toBe(outside);
});

test('brings the thread back after a throw, passes the error on and leaves no descriptor open', () => {
  const netns = openNetns(temporaryNetns());
  const outside = currentNetns();
  const before = openDescriptors();
  const mine = new Error('mine');
  const error = thrownBy(() =>
    withNetns(netns, () => {
      throw mine;
    }),
  );
  const after = openDescriptors();
  closeNetns(netns);
  expect(error).toBe(mine);
  expect(currentNetns()).toBe(outside);
  expect(after).toBe(before);
});

test('nests: each level returns to the one around it', () => {
  const outer = openNetns(temporaryNetns());
  const inner = openNetns(temporaryNetns());
  const levels = withNetns(outer, () => {
    const before = currentNetns();
    const inside = withNetns(inner, currentNetns);
    return { before, inside, after: currentNetns() };
  });
  closeNetns(outer);
  closeNetns(inner);
  expect(levels.inside).not.toBe(levels.before);
  expect(levels.after).toBe(levels.before);
});

test('names the namespace that cannot be entered', () => {
  const mount = { path: '/dev/null', fd: 0 };
  expect(thrownBy(() => withNetns(mount, () => undefined))).toMatchObject({
    name: 'SyscallError',
    message: 'setns "/dev/null": EINVAL (invalid argument)',
  });
});

function makeFile(): string {
  const path = join(temporaryDirectory(), 'file');
  writeFileSync(path, '');
  return path;
}

function makeFifo(): string {
  const path = join(temporaryDirectory(), 'fifo');
  execFileSync('mkfifo', [path]);
  return path;
}

function currentNetns(): string {
  return readlinkSync('/proc/thread-self/ns/net');
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
