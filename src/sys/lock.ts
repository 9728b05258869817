import { closeSync, constants, fstatSync, ftruncateSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { EAGAIN, flock, LOCK_EX, LOCK_NB, LOCK_SH, O_CLOEXEC, onFile, SyscallError } from './libc.ts';
import { ensurePrivateDirectory, requireOwnFile } from './private-directory.ts';
import { traced } from './trace.ts';

/** A held lock. It ends with `release()` or with the process, whichever comes first. */
export type Lock = {
  readonly release: () => void;
  /** Size of the lock file in bytes: a note that outlives a killed holder. @throws SyscallError */
  readonly size: () => number;
  /** ftruncate(2) of the lock file. @throws SyscallError */
  readonly setSize: (bytes: number) => void;
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

/**
 * Takes the advisory lock on the file at `path`, like flock(1). Makes the file (0600) and its directory (0700) when
 * missing. A file that its holder removed meanwhile is made anew, so that no two processes hold "the" lock at once.
 * Throws LockTimeout after `timeoutMs` (0 tries once), SyscallError, and UntrustedFile when others could tamper with the
 * file or the directory.
 */
export function acquireLock(path: string, mode: 'shared' | 'exclusive', timeoutMs: number): Lock {
  return traced(
    () => `lock "${path}"`,
    () => waitForLock(path, mode, timeoutMs),
  );
}

function waitForLock(path: string, mode: 'shared' | 'exclusive', timeoutMs: number): Lock {
  ensurePrivateDirectory(dirname(path));
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
      return {
        release: () => onFile(path, () => closeSync(fd)),
        size: () => onFile(path, () => fstatSync(fd)).size,
        setSize: (bytes) => onFile(path, () => ftruncateSync(fd, bytes)),
      };
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
