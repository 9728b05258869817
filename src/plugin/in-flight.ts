import { fstatSync, ftruncateSync } from 'node:fs';
import type { Request } from '../cni/request.ts';
import type { NetlinkSocket } from '../netlink/socket.ts';
import { onFile } from '../sys/libc.ts';
import { acquireLock, type Lock, lockIfAbandoned } from '../sys/lock.ts';
import { currentNetnsId } from '../sys/netns.ts';
import { listRunFiles, RUN_DIRECTORY, removeRunFile } from '../sys/run-file.ts';
import type { NamedOwner } from './attachment.ts';
import { detachMasquerade } from './masquerade.ts';
import { readMasqueradeRecord } from './masquerade-record.ts';
import { deleteUnfinishedPort } from './port.ts';
import { closeUnusedVids } from './uplink-vids.ts';

/**
 * An ADD at work. At its end it calls `awaitAnswer`, gives the port its alias, writes the answer and calls `answered`: where it is
 * killed before the mark is gone, the next call sweeps the port. What the ADD has printed does not matter then, for a runtime takes a
 * plugin that ends by a signal for one that has failed.
 */
export type InFlight = {
  /** Whether the mark is that of an ADD which was killed before its answer was out: see `awaitAnswer`. */
  readonly isUnanswered: () => boolean;
  /**
   * Notes in the mark that this ADD has made the port, and that the runtime does not know of it yet: the port counts as unfinished
   * although it has an alias.
   */
  readonly awaitAnswer: () => void;
  /** Removes the mark, or at least its note: the port is finished. */
  readonly answered: () => void;
  /** To be called when the attachment is taken back completely. */
  readonly end: () => void;
};

const SUFFIX = '.attaching';
/** Size in bytes of the mark of an ADD that is about to answer; it is empty before. */
const UNANSWERED_SIZE = 1;
/** Another ADD of the same attachment has no business being at work; its end is awaited for this long. */
const TIMEOUT_MS = 20_000;

/**
 * Marks an ADD as being at work: by a file that it holds locked, so that what it leaves behind when it is killed can be told from
 * what others are still making.
 * @throws LockTimeout when another ADD of this attachment goes on and on
 */
export function beginInFlight(owner: NamedOwner, timeoutMs = TIMEOUT_MS): InFlight {
  const name = fileName(owner.hostName);
  const path = `${RUN_DIRECTORY}/${name}`;
  const lock = acquireLock(path, 'exclusive', timeoutMs);
  const setSize = (size: number): void => onFile(path, () => ftruncateSync(lock.fd, size));
  return {
    isUnanswered: () => isUnanswered(lock),
    awaitAnswer: () => setSize(UNANSWERED_SIZE),
    answered: () => {
      try {
        removeRunFile(name);
      } catch {
        // The answer cannot be taken back: the next call removes the mark, and leaves the port.
        setSize(0);
      }
      lock.release();
    },
    end: () => {
      // In this order: a file that is there without a lock on it is one whose process was killed.
      removeRunFile(name);
      lock.release();
    },
  };
}

function isUnanswered({ fd }: Lock): boolean {
  return fstatSync(fd).size > 0;
}

/** Removes the mark of an ADD that came no further than to make the file: nobody holds it locked. */
export function removeVainMark({ hostName }: NamedOwner): void {
  const name = fileName(hostName);
  const lock = lockIfAbandoned(`${RUN_DIRECTORY}/${name}`);
  if (lock === undefined) return;
  if (!isUnanswered(lock)) removeRunFile(name);
  lock.release();
}

/**
 * Takes away the masquerade rules of an attachment, and their record, while no ADD of it is at work: the record that is removed
 * could be that of the ADD, whose rules nobody would know of then. What a killed ADD has left goes first, for so does its mark.
 * @param timeoutMs how long the end of an ADD is awaited
 * @throws LockTimeout when it has not come by then
 */
export function detachBetweenAdds(
  host: NetlinkSocket,
  owner: NamedOwner,
  { request, timeoutMs = TIMEOUT_MS }: { request: Request; timeoutMs?: number },
): void {
  const mark = beginInFlight(owner, timeoutMs);
  try {
    sweepUnfinished(host, request, { ...owner, unanswered: mark.isUnanswered() });
    const record = readMasqueradeRecord(owner);
    if (record !== undefined) detachMasquerade(owner, record.backend, request);
  } finally {
    mark.end();
  }
}

/**
 * Deletes the ports and masquerade rules that killed ADDs have left in this network namespace. Those of ADDs at work, and of live
 * pods, are safe. What cannot be deleted now is left to the next sweep.
 * @returns what could not be deleted, a sentence each
 */
export function sweepAbandoned(host: NetlinkSocket, request: Request): readonly string[] {
  const prefix = `${currentNetnsId()}-`;
  const failures: string[] = [];
  let found = false;
  for (const name of listRunFiles(SUFFIX).filter((each) => each.startsWith(prefix))) {
    const hostName = name.slice(prefix.length, -SUFFIX.length);
    try {
      found = sweepMarked(host, request, { name, hostName }) || found;
    } catch (error) {
      failures.push(
        `what a killed ADD left of "${hostName}": ${error instanceof Error ? error.message : error}`,
      );
    }
  }
  if (found) closeUnusedVids(host);
  return failures;
}

/** @returns whether the mark was that of a killed ADD */
function sweepMarked(
  host: NetlinkSocket,
  request: Request,
  { name, hostName }: { readonly name: string; readonly hostName: string },
): boolean {
  const lock = lockIfAbandoned(`${RUN_DIRECTORY}/${name}`);
  if (lock === undefined) return false;
  try {
    sweepUnfinished(host, request, { hostName, unanswered: isUnanswered(lock) });
    removeRunFile(name);
  } finally {
    lock.release();
  }
  return true;
}

/**
 * Deletes the port and the masquerade rules that a killed ADD has left, with its mark held. A finished port stays, unless the mark
 * says that its ADD has not answered: it is that of a live pod, for which ADD was called a second time.
 */
export function sweepUnfinished(
  host: NetlinkSocket,
  request: Request,
  { hostName, unanswered }: NamedOwner & { readonly unanswered: boolean },
): void {
  if (!deleteUnfinishedPort(host, { hostName, unanswered })) return;
  const record = readMasqueradeRecord({ hostName });
  if (record !== undefined) detachMasquerade({ hostName }, record.backend, request);
}

function fileName(hostName: string): string {
  return `${currentNetnsId()}-${hostName}${SUFFIX}`;
}
