import type { NetlinkSocket } from '../../netlink/socket.ts';
import { deleteUnfinishedPort } from '../bridge/port.ts';
import { detachMasquerade } from '../masquerade/masquerade.ts';
import { listAddLocks, lockAdd, takeStaleAddLock } from '../state/add-lock.ts';
import type { NamedHostEnd } from '../state/attachment.ts';
import { readMasqueradeRecord } from '../state/masquerade-record.ts';
import type { RunDirectory } from '../state/run-directory.ts';
import { closeUnusedVids } from '../uplink/vids.ts';

/** The context of recovery: the host's links, the plugin's files, and the host's programs. */
export type Recovery = {
  readonly host: NetlinkSocket;
  readonly run: RunDirectory;
  /** PATH of the runtime. */
  readonly searchPath: string;
};

/**
 * Deletes the ports and masquerade rules that killed ADDs left in this network namespace. Keeps those of running ADDs and of live pods.
 * The next call retries each failed deletion.
 * @returns one sentence for each failure
 */
export function recoverKilledAdds(recovery: Recovery): readonly string[] {
  const failures: string[] = [];
  let found = false;
  for (const hostEnd of listAddLocks(recovery.run)) {
    try {
      found = recoverKilledAdd(recovery, hostEnd) || found;
    } catch (error) {
      const problem = error instanceof Error ? error.message : error;
      failures.push(`delete leftovers of a killed ADD "${hostEnd.hostName}": ${problem}`);
    }
  }
  if (found) closeUnusedVids(recovery.host, recovery.run);
  return failures;
}

/** @returns whether the lock is stale: its ADD was killed */
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
 * Deletes the port and the masquerade rules that a killed ADD left. The caller holds the lock of that ADD. Keeps a finished port: it
 * belongs to a live pod, for which the runtime called ADD a second time.
 * @param unanswered whether the killed ADD had finished the port but not answered, by its lock
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
 * Deletes the masquerade rules of an attachment and their record. Takes the lock of the attachment's ADD: otherwise this call could
 * remove the record of a running ADD, and the rules of that ADD would leak.
 * @param timeoutMs how long to wait for a running ADD; absent: 20 s
 * @throws LockTimeout when the ADD still runs after that time
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
