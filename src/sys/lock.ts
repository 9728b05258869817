import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { EAGAIN, flock, LOCK_EX, LOCK_NB, LOCK_SH, O_CLOEXEC, onFile, SyscallError } from './libc.ts';
import { step } from './step.ts';

/** A held lock. It ends with `release()` or with the process, whichever comes first. */
export type Lock = {
  /** The open lock file. */
  readonly fd: number;
  readonly release: () => void;
};

/** Another process kept the lock for the whole time. */
export class LockTimeout extends Error {
  readonly path: string;
  readonly timeoutMs: number;

  constructor(path: string, timeoutMs: number) {
    super(`lock "${path}": still held by another process after ${timeoutMs} ms`);
    this.name = 'LockTimeout';
    this.path = path;
    this.timeoutMs = timeoutMs;
  }
}

/** A file or directory that somebody else may have made, or can change: nothing is read from it or written to it. */
export class UntrustedFile extends Error {
  constructor(object: string, problem: string) {
    super(`${object} ${problem}`);
    this.name = 'UntrustedFile';
  }
}

/**
 * Takes the advisory lock on the file at `path`, like flock(1). Makes the file (0600) and its directory (0700) when
 * missing. A file that its holder removed meanwhile is made anew, so that no two processes hold "the" lock at once.
 * Throws LockTimeout after `timeoutMs` (0 tries once), SyscallError, and UntrustedFile when others could tamper with the
 * file or the directory.
 */
export function acquireLock(path: string, mode: 'shared' | 'exclusive', timeoutMs: number): Lock {
  return step(
    () => `lock "${path}"`,
    () => waitForLock(path, mode, timeoutMs),
  );
}

function waitForLock(path: string, mode: 'shared' | 'exclusive', timeoutMs: number): Lock {
  ensureOwnDirectory(dirname(path));
  const operation = mode === 'shared' ? LOCK_SH : LOCK_EX;
  const start = performance.now();
  const wait = (fd: number): boolean => {
    while (!tryFlock(fd, operation, path)) {
      const waitedMs = performance.now() - start;
      if (waitedMs >= timeoutMs) throw new LockTimeout(path, timeoutMs);
      pause(Math.min(Math.max(waitedMs / 8, MIN_PAUSE_MS), MAX_PAUSE_MS));
    }
    return true;
  };
  for (;;) {
    const lock = lockFile(path, constants.O_RDWR | constants.O_CREAT, wait);
    if (lock !== undefined) return lock;
  }
}

/** Takes the lock of a file that is there and that nobody holds: its process has died. `undefined` otherwise. */
export function lockIfAbandoned(path: string): Lock | undefined {
  try {
    return lockFile(path, constants.O_RDWR, (fd) => tryFlock(fd, LOCK_EX, path));
  } catch (error) {
    if (error instanceof SyscallError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** `undefined` when `take` did not get the lock, or the file was removed since it was opened: then the lock is worth nothing. */
function lockFile(path: string, flags: number, take: (fd: number) => boolean): Lock | undefined {
  const fd = onFile(path, () => openSync(path, flags | constants.O_NOFOLLOW | O_CLOEXEC, 0o600));
  try {
    onFile(path, () => requireOwnFile(fd, `lock "${path}"`));
    if (take(fd) && isStillAt(path, fd)) {
      // Closing is what unlocks: the descriptor is the only one of its open file.
      return { fd, release: () => onFile(path, () => closeSync(fd)) };
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return undefined;
}

function isStillAt(path: string, fd: number): boolean {
  return onFile(path, () => fstatSync(fd).ino === statSync(path, { throwIfNoEntry: false })?.ino);
}

/** Hundreds may wait at once: who has waited for long looks less often. */
const MIN_PAUSE_MS = 1;
const MAX_PAUSE_MS = 100;

/** Makes a directory that only this user can write to, or makes sure that it is one. @throws UntrustedFile */
export function ensureOwnDirectory(directory: string): void {
  onFile(directory, () => {
    try {
      mkdirSync(directory, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  });
  hasOwnDirectory(directory);
}

/** Whether the directory is there. @throws UntrustedFile when it is, and others could tamper with it */
export function hasOwnDirectory(directory: string): boolean {
  const found = onFile(directory, () => lstatSync(directory, { throwIfNoEntry: false }));
  if (found === undefined) return false;
  const object = `lock directory "${directory}"`;
  if (!found.isDirectory()) throw new UntrustedFile(object, 'is not a directory');
  requireOwn(found, object);
  const othersMayWrite = (found.mode & (constants.S_IWGRP | constants.S_IWOTH)) !== 0;
  if (othersMayWrite) throw new UntrustedFile(object, 'is writable by others');
  return true;
}

/** @param object what is open, in words. @throws UntrustedFile when it is no regular file of this user's */
export function requireOwnFile(fd: number, object: string): void {
  const found = fstatSync(fd);
  if (!found.isFile()) throw new UntrustedFile(object, 'is not a regular file');
  requireOwn(found, object);
}

function requireOwn({ uid }: Stats, object: string): void {
  if (uid !== process.geteuid?.()) throw new UntrustedFile(object, `belongs to uid ${uid}`);
}

/** One try; false when another holds the lock. */
function tryFlock(fd: number, operation: number, path: string): boolean {
  try {
    flock(fd, operation | LOCK_NB);
    return true;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (error.errno === EAGAIN) return false;
    throw new SyscallError('flock', error.errno, path);
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
