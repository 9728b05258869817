import { closeSync, constants, fchmodSync, fstatSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { EAGAIN, flock, LOCK_EX, LOCK_NB, LOCK_SH, O_CLOEXEC, onFile, SyscallError } from './libc.ts';
import { ensurePrivateDirectory, requireOwnFile } from './private-directory.ts';
import { traced } from './trace.ts';

/** A held lock. `release()` or the end of the process releases it. */
export type Lock = {
  readonly release: () => void;
  /** Whether the lock file has the note of `setNoted`. @throws SyscallError */
  readonly isNoted: () => boolean;
  /**
   * Notes one thing in the lock file, or removes the note. The note outlives a killed holder. It is a mode bit, by fchmod(2): a
   * write could fail for want of space or by RLIMIT_FSIZE. @throws SyscallError
   */
  readonly setNoted: (noted: boolean) => void;
};

/** Only this user reads and writes lock files. */
const LOCK_FILE_MODE = 0o600;

/** Another process held the lock during the whole wait. */
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
 * Takes the advisory lock on the file at `path`, as flock(1) does. Creates a missing file (0600) and its directory (0700).
 * Creates the file again when its holder removed it during the wait: otherwise two processes could hold locks on two files of
 * the same path.
 * @param timeoutMs 0: tries once
 * @throws LockTimeout after `timeoutMs`, SyscallError, UntrustedFile when another user could change the file or the directory
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

/**
 * Takes a stale lock: the file exists, but its process has ended. Returns `undefined` when the lock is held or the file is
 * missing.
 */
export function lockIfAbandoned(path: string): Lock | undefined {
  try {
    return lockFile(path, constants.O_RDWR, (fd) => tryFlock(fd, LOCK_EX, path));
  } catch (error) {
    if (error instanceof SyscallError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Returns `undefined` when `take` did not get the lock, or when the file was removed after it was opened: that lock is void. */
function lockFile(path: string, flags: number, take: (fd: number) => boolean): Lock | undefined {
  const fd = onFile(path, () => openSync(path, flags | constants.O_NOFOLLOW | O_CLOEXEC, LOCK_FILE_MODE));
  try {
    onFile(path, () => requireOwnFile(fd, `lock "${path}"`));
    if (take(fd) && isStillAt(path, fd)) {
      // Close releases the lock: no other descriptor refers to this open file.
      return {
        release: () => onFile(path, () => closeSync(fd)),
        isNoted: () => (onFile(path, () => fstatSync(fd)).mode & constants.S_IXUSR) !== 0,
        setNoted: (noted) =>
          onFile(path, () => fchmodSync(fd, noted ? LOCK_FILE_MODE | constants.S_IXUSR : LOCK_FILE_MODE)),
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

/** Hundreds of processes may wait at once: the pause grows with the wait, so that they leave the CPU to the holder. */
const MIN_PAUSE_MS = 1;
const MAX_PAUSE_MS = 100;

/** Tries once. Returns false when another process holds the lock. */
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
