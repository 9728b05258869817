import type { Request } from '../../cni/request.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { acquireLock, lockIfAbandoned } from '../../sys/lock.ts';
import { currentNetnsId } from '../../sys/netns.ts';
import { listRunFiles, RUN_DIRECTORY, removeRunFile } from '../../sys/run-file.ts';
import { deleteUnfinishedPort } from '../bridge/port.ts';
import { detachMasquerade } from '../masquerade/masquerade.ts';
import type { NamedOwner } from '../state/attachment.ts';
import { readMasqueradeRecord } from '../state/masquerade-record.ts';
import { closeUnusedVids } from '../uplink/vids.ts';

/** An ADD at work. */
export type InFlight = {
  /** To be called when the attachment is complete, or taken back completely. */
  readonly end: () => void;
};

const SUFFIX = '.attaching';
/** Another ADD of the same attachment has no business being at work; its end is awaited for this long. */
const TIMEOUT_MS = 20_000;

/**
 * Marks an ADD as being at work: by a file that it holds locked, so that what it leaves behind when it is killed can be told from
 * what others are still making.
 * @throws LockTimeout when another ADD of this attachment goes on and on
 */
export function beginInFlight(owner: NamedOwner, timeoutMs = TIMEOUT_MS): InFlight {
  const name = fileName(owner.hostName);
  const lock = acquireLock(`${RUN_DIRECTORY}/${name}`, 'exclusive', timeoutMs);
  return {
    end: () => {
      // In this order: a file that is there without a lock on it is one whose process was killed.
      removeRunFile(name);
      lock.release();
    },
  };
}

/** Removes the mark of an ADD that came no further than to make the file: nobody holds it locked. */
export function removeVainMark({ hostName }: NamedOwner): void {
  const name = fileName(hostName);
  const lock = lockIfAbandoned(`${RUN_DIRECTORY}/${name}`);
  if (lock === undefined) return;
  removeRunFile(name);
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
    sweepUnfinished(host, request, owner.hostName);
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
    sweepUnfinished(host, request, hostName);
    removeRunFile(name);
  } finally {
    lock.release();
  }
  return true;
}

/**
 * Deletes the port and the masquerade rules that a killed ADD has left, with its mark held. A finished port stays: it is that of a
 * live pod, for which ADD was called a second time.
 */
export function sweepUnfinished(host: NetlinkSocket, request: Request, hostName: string): void {
  if (!deleteUnfinishedPort(host, hostName)) return;
  const record = readMasqueradeRecord({ hostName });
  if (record !== undefined) detachMasquerade({ hostName }, record.backend, request);
}

function fileName(hostName: string): string {
  return `${currentNetnsId()}-${hostName}${SUFFIX}`;
}
