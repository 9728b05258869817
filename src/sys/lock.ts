import { closeSync, constants, lstatSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { EAGAIN, flock, LOCK_EX, LOCK_NB, LOCK_SH, O_CLOEXEC, onFile, SyscallError } from './libc.ts';

/** A held lock. It ends with `release()` or with the process, whichever comes first. */
export type Lock = { readonly release: () => void };

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

/**
 * Takes the advisory lock on the file at `path`, like flock(1). Makes the file (0600) and its directory (0700) when
 * missing; they stay, because removing a lock file lets two processes hold "the" lock at once.
 * Throws LockTimeout after `timeoutMs` (0 tries once), SyscallError, and Error when others could tamper with the
 * directory.
 */
export function acquireLock(path: string, mode: 'shared' | 'exclusive', timeoutMs: number): Lock {
  ensureOwnDirectory(dirname(path));
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  const fd = onFile(path, () => openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600));
  const operation = (mode === 'shared' ? LOCK_SH : LOCK_EX) | LOCK_NB;
  const deadline = performance.now() + timeoutMs;
  try {
    while (!tryFlock(fd, operation, path)) {
      if (performance.now() >= deadline) throw new LockTimeout(path, timeoutMs);
      pause(RETRY_MS);
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  // Closing is what unlocks: the descriptor is the only one of its open file.
  return { release: () => onFile(path, () => closeSync(fd)) };
}

const RETRY_MS = 2;

function ensureOwnDirectory(directory: string): void {
  onFile(directory, () => {
    try {
      mkdirSync(directory, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  });
  const { uid, mode } = onFile(directory, () => lstatSync(directory));
  const isDirectory = (mode & constants.S_IFMT) === constants.S_IFDIR;
  if (!isDirectory) throw new Error(`lock directory "${directory}" is not a directory`);
  if (uid !== process.geteuid?.()) throw new Error(`lock directory "${directory}" belongs to uid ${uid}`);
  const othersMayWrite = (mode & (constants.S_IWGRP | constants.S_IWOTH)) !== 0;
  if (othersMayWrite) throw new Error(`lock directory "${directory}" is writable by others`);
}

function tryFlock(fd: number, operation: number, path: string): boolean {
  try {
    flock(fd, operation);
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
