import { acquireLock, lockIfAbandoned } from '../../sys/lock.ts';
import type { NamedHostEnd } from './attachment.ts';
import { listRunFiles, type RunDirectory, removeRunFile, runFilePath } from './run-directory.ts';

/** A file that an ADD holds locked while it works. It tells what a killed ADD leaves from what others are still making. */
export type AddLock = {
  /** Removes the file and releases the lock. To be called when the attachment is complete, or rolled back completely. */
  readonly end: () => void;
  /** Releases the lock and leaves the file, so that the next call finds it stale. */
  readonly release: () => void;
};

const SUFFIX = '.attaching';
/** The runtime calls ADD once for an attachment. A second ADD waits this long for the first one to end. */
const TIMEOUT_MS = 20_000;

/**
 * Takes the lock of an attachment.
 * @throws LockTimeout when another ADD of it goes on for `timeoutMs`, SyscallError, UntrustedFile
 */
export function lockAdd(run: RunDirectory, { hostName }: NamedHostEnd, timeoutMs = TIMEOUT_MS): AddLock {
  const lock = acquireLock(runFilePath(run, fileName(hostName)), 'exclusive', timeoutMs);
  return addLock(run, hostName, lock.release);
}

/** Takes the lock that a killed ADD has left; `undefined` when its ADD is at work, or there is none. @throws SyscallError */
export function takeStaleAddLock(run: RunDirectory, { hostName }: NamedHostEnd): AddLock | undefined {
  const lock = lockIfAbandoned(runFilePath(run, fileName(hostName)));
  return lock === undefined ? undefined : addLock(run, hostName, lock.release);
}

/** Removes the lock file of an ADD that made the file and could not lock it. @throws SyscallError */
export function removeStaleAddLock(run: RunDirectory, hostEnd: NamedHostEnd): void {
  takeStaleAddLock(run, hostEnd)?.end();
}

/** The host ends of all ADDs that are at work, or were killed. @throws SyscallError, UntrustedFile */
export function listAddLocks(run: RunDirectory): readonly NamedHostEnd[] {
  return listRunFiles(run, SUFFIX).map((name) => ({ hostName: name.slice(0, -SUFFIX.length) }));
}

function addLock(run: RunDirectory, hostName: string, release: () => void): AddLock {
  return {
    end: () => {
      // In this order: a lock file that is not locked is one whose process was killed.
      removeRunFile(run, fileName(hostName));
      release();
    },
    release,
  };
}

function fileName(hostName: string): string {
  return `${hostName}${SUFFIX}`;
}
