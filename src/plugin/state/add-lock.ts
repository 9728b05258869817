import { acquireLock, type Lock, lockIfAbandoned } from '../../sys/lock.ts';
import type { NamedHostEnd } from './attachment.ts';
import { listRunFiles, type RunDirectory, removeRunFile, runFilePath } from './run-directory.ts';

/**
 * A file that an ADD locks while it runs. An unlocked file is stale: its ADD was killed. Other calls tell the leftovers of a
 * killed ADD from the links of a running ADD by this lock.
 *
 * At its end an ADD calls `awaitAnswer`, sets the alias of the port, writes the result to stdout and calls `answered`. If the
 * ADD is killed before `answered`, the next call deletes the port: a runtime counts a plugin that a signal ended as failed.
 */
export type AddLock = {
  /** Whether an ADD was killed between `awaitAnswer` and `answered`. */
  readonly isUnanswered: () => boolean;
  /** Notes in the file that the runtime has no answer yet: until `answered` the port is unfinished although it has an alias. */
  readonly awaitAnswer: () => void;
  /** Removes the file and releases the lock: the port is finished. If the file cannot be removed, removes the note in it. */
  readonly answered: () => void;
  /** Removes the file and releases the lock. Call it when the attachment is completely rolled back. */
  readonly end: () => void;
  /** Releases the lock and leaves the file, so that the next call finds it stale. */
  readonly release: () => void;
};

const SUFFIX = '.attaching';
/** How long a second ADD of the same attachment waits for the first one to end. */
const TIMEOUT_MS = 20_000;

/**
 * Takes the lock of an attachment.
 * @throws LockTimeout when another ADD of the attachment still runs after `timeoutMs`, SyscallError, UntrustedFile
 */
export function lockAdd(run: RunDirectory, { hostName }: NamedHostEnd, timeoutMs = TIMEOUT_MS): AddLock {
  return addLock(run, hostName, acquireLock(runFilePath(run, fileName(hostName)), 'exclusive', timeoutMs));
}

/** Takes the stale lock of a killed ADD; `undefined` when the ADD still runs or the file does not exist. @throws SyscallError */
export function takeStaleAddLock(run: RunDirectory, { hostName }: NamedHostEnd): AddLock | undefined {
  const lock = lockIfAbandoned(runFilePath(run, fileName(hostName)));
  return lock === undefined ? undefined : addLock(run, hostName, lock);
}

/** Removes the lock file of an ADD that created the file but could not lock it. @throws SyscallError */
export function removeStaleAddLock(run: RunDirectory, hostEnd: NamedHostEnd): void {
  const lock = takeStaleAddLock(run, hostEnd);
  if (lock?.isUnanswered()) lock.release();
  else lock?.end();
}

/** Lists the host ends of all ADDs that run or were killed. @throws SyscallError, UntrustedFile */
export function listAddLocks(run: RunDirectory): readonly NamedHostEnd[] {
  return listRunFiles(run, SUFFIX).map((name) => ({ hostName: name.slice(0, -SUFFIX.length) }));
}

function addLock(run: RunDirectory, hostName: string, lock: Lock): AddLock {
  const name = fileName(hostName);
  return {
    isUnanswered: () => lock.isNoted(),
    awaitAnswer: () => lock.setNoted(true),
    answered: () => {
      try {
        removeRunFile(run, name);
      } catch {
        // The result is already written, so ADD must not fail here. The next call removes the file and keeps the port.
        lock.setNoted(false);
      }
      lock.release();
    },
    end: () => {
      // Remove before the release: otherwise another call could take the unlocked file for that of a killed ADD.
      removeRunFile(run, name);
      lock.release();
    },
    release: lock.release,
  };
}

function fileName(hostName: string): string {
  return `${hostName}${SUFFIX}`;
}
