import { acquireLock } from '../../sys/lock.ts';
import { currentNetnsId } from '../../sys/netns.ts';
import { RUN_DIRECTORY } from '../../sys/run-file.ts';

const TIMEOUT_MS = 60_000;

/**
 * Does something with the lock on a bridge of the current network namespace. Shared while a port is being attached; exclusive for
 * what must not happen meanwhile, such as deleting the bridge because it has no ports. It dies with its holder.
 * @throws LockTimeout after 60 seconds
 */
export function withBridgeLock<T>(bridge: string, mode: 'shared' | 'exclusive', fn: () => T): T {
  const path = `${RUN_DIRECTORY}/${currentNetnsId()}-${bridge}`;
  // All wait in one place: who wants the bridge alone would never get it while new ones who share it come and come.
  const turn = acquireLock(`${path}.turn`, 'exclusive', TIMEOUT_MS);
  let lock: ReturnType<typeof acquireLock>;
  try {
    lock = acquireLock(`${path}.lock`, mode, TIMEOUT_MS);
  } finally {
    turn.release();
  }
  try {
    return fn();
  } finally {
    lock.release();
  }
}
