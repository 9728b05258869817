import { acquireLock, type Lock, lockIfAbandoned } from '../../sys/lock.ts';
import type { NamedHostEnd } from './attachment.ts';
import { listRunFiles, type RunDirectory, removeRunFile, runFilePath } from './run-directory.ts';

/**
 * A file that an ADD holds locked while it works. It tells what a killed ADD leaves from what others are still making.
 *
 * At its end an ADD calls `awaitAnswer`, gives the port its alias, writes the result to stdout and calls `answered`. When it is killed
 * before `answered`, the next call deletes the port: a runtime takes a plugin that a signal has ended for failed, whatever it printed.
 */
export type AddLock = {
  /** Whether the file is that of an ADD that was killed between `awaitAnswer` and `answered`. */
  readonly isUnanswered: () => boolean;
  /** Notes that this ADD has made the port and that the runtime does not know: the port is unfinished although it has an alias. */
  readonly awaitAnswer: () => void;
  /** Removes the file, or at least the note in it, and releases the lock: the port is finished. */
  readonly answered: () => void;
  /** Removes the file and releases the lock. To be called when the attachment is rolled back completely. */
  readonly end: () => void;
  /** Releases the lock and leaves the file, so that the next call finds it stale. */
  readonly release: () => void;
};

const SUFFIX = '.attaching';
/** Size in bytes of the file of an ADD that is about to answer; before, it is empty. */
const UNANSWERED_SIZE = 1;
/** The runtime calls ADD once for an attachment. A second ADD waits this long for the first one to end. */
const TIMEOUT_MS = 20_000;

/**
 * Takes the lock of an attachment.
 * @throws LockTimeout when another ADD of it goes on for `timeoutMs`, SyscallError, UntrustedFile
 */
export function lockAdd(run: RunDirectory, { hostName }: NamedHostEnd, timeoutMs = TIMEOUT_MS): AddLock {
  return addLock(run, hostName, acquireLock(runFilePath(run, fileName(hostName)), 'exclusive', timeoutMs));
}

/** Takes the lock that a killed ADD has left; `undefined` when its ADD is at work, or there is none. @throws SyscallError */
export function takeStaleAddLock(run: RunDirectory, { hostName }: NamedHostEnd): AddLock | undefined {
  const lock = lockIfAbandoned(runFilePath(run, fileName(hostName)));
  return lock === undefined ? undefined : addLock(run, hostName, lock);
}

/** Removes the lock file of an ADD that made the file and could not lock it. @throws SyscallError */
export function removeStaleAddLock(run: RunDirectory, hostEnd: NamedHostEnd): void {
  const lock = takeStaleAddLock(run, hostEnd);
  if (lock?.isUnanswered()) lock.release();
  else lock?.end();
}

/** The host ends of all ADDs that are at work, or were killed. @throws SyscallError, UntrustedFile */
export function listAddLocks(run: RunDirectory): readonly NamedHostEnd[] {
  return listRunFiles(run, SUFFIX).map((name) => ({ hostName: name.slice(0, -SUFFIX.length) }));
}

function addLock(run: RunDirectory, hostName: string, lock: Lock): AddLock {
  const name = fileName(hostName);
  return {
    isUnanswered: () => lock.size() > 0,
    awaitAnswer: () => lock.setSize(UNANSWERED_SIZE),
    answered: () => {
      try {
        removeRunFile(run, name);
      } catch {
        // The answer cannot be taken back. The next call removes the empty file, and leaves the port.
        lock.setSize(0);
      }
      lock.release();
    },
    end: () => {
      // In this order: a lock file that is not locked is one whose process was killed.
      removeRunFile(run, name);
      lock.release();
    },
    release: lock.release,
  };
}

function fileName(hostName: string): string {
  return `${hostName}${SUFFIX}`;
}
