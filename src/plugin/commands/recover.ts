import type { NetlinkSocket } from '../../netlink/socket.ts';
import { deleteUnfinishedPort } from '../bridge/port.ts';
import { detachMasquerade } from '../masquerade/masquerade.ts';
import { listAddLocks, lockAdd, takeStaleAddLock } from '../state/add-lock.ts';
import type { NamedHostEnd } from '../state/attachment.ts';
import { readMasqueradeRecord } from '../state/masquerade-record.ts';
import type { RunDirectory } from '../state/run-directory.ts';
import { closeUnusedVids } from '../uplink/vids.ts';

/** What recovery works on: the host's links, the plugin's files, and the host's programs. */
export type Recovery = {
  readonly host: NetlinkSocket;
  readonly run: RunDirectory;
  /** PATH of the runtime. */
  readonly searchPath: string;
};

/**
 * Deletes the ports and masquerade rules that killed ADDs have left in this network namespace. ADDs at work and live pods keep theirs.
 * The next call tries again what cannot be deleted now.
 * @returns what could not be deleted, a sentence each
 */
export function recoverKilledAdds(recovery: Recovery): readonly string[] {
  const failures: string[] = [];
  let found = false;
  for (const hostEnd of listAddLocks(recovery.run)) {
    try {
      found = recoverKilledAdd(recovery, hostEnd) || found;
    } catch (error) {
      const problem = error instanceof Error ? error.message : error;
      failures.push(`what a killed ADD left of "${hostEnd.hostName}": ${problem}`);
    }
  }
  if (found) closeUnusedVids(recovery.host, recovery.run);
  return failures;
}

/** @returns whether the lock was that of a killed ADD */
function recoverKilledAdd(recovery: Recovery, hostEnd: NamedHostEnd): boolean {
  const lock = takeStaleAddLock(recovery.run, hostEnd);
  if (lock === undefined) return false;
  try {
    deleteUnfinished(recovery, hostEnd, lock.isUnanswered());
    lock.end();
  } catch (error) {
    lock.release();
    throw error;
  }
  return true;
}

/**
 * Deletes the port and the masquerade rules that a killed ADD has left. To be called with its lock. A finished port stays: it
 * belongs to a live pod, for which ADD was called a second time.
 * @param unanswered whether the lock says that the killed ADD had finished the port and not answered
 */
export function deleteUnfinished(
  { host, run, searchPath }: Recovery,
  hostEnd: NamedHostEnd,
  unanswered: boolean,
): void {
  if (!deleteUnfinishedPort(host, { ...hostEnd, unanswered })) return;
  const record = readMasqueradeRecord(run, hostEnd);
  if (record !== undefined) detachMasquerade(run, hostEnd, { backend: record.backend, searchPath });
}

/**
 * Deletes the masquerade rules of an attachment, and their record, while no ADD of it is at work: otherwise the record of that ADD
 * would be removed, and its rules would leak.
 * @param timeoutMs how long to wait for an ADD to end
 * @throws LockTimeout when it has not ended by then
 */
export function detachBetweenAdds(recovery: Recovery, hostEnd: NamedHostEnd, timeoutMs?: number): void {
  const { run, searchPath } = recovery;
  const lock = lockAdd(run, hostEnd, timeoutMs);
  try {
    // Clean up after a killed ADD first: ending our lock also removes the file that points to its leftovers.
    deleteUnfinished(recovery, hostEnd, lock.isUnanswered());
    const record = readMasqueradeRecord(run, hostEnd);
    if (record !== undefined) detachMasquerade(run, hostEnd, { backend: record.backend, searchPath });
  } finally {
    lock.end();
  }
}
