import { acquireLock } from '../../sys/lock.ts';
import { type RunDirectory, runFilePath } from './run-directory.ts';

const TIMEOUT_MS = 60_000;

/**
 * Runs `fn` with the lock on a bridge of the current network namespace. An ADD takes it shared to create a port. A change that would
 * break such an ADD, for example deleting a bridge without ports, takes it exclusive. The kernel releases the lock of a killed process.
 * @throws LockTimeout after 60 seconds, SyscallError, UntrustedFile
 */
export function withBridgeLock<T>(
  run: RunDirectory,
  { bridge, mode }: { readonly bridge: string; readonly mode: 'shared' | 'exclusive' },
  fn: () => T,
): T {
  const path = runFilePath(run, bridge);
  // Take the queue lock first: otherwise a stream of shared holders starves an exclusive waiter.
  const queueLock = acquireLock(`${path}.turn`, 'exclusive', TIMEOUT_MS);
  let lock: ReturnType<typeof acquireLock>;
  try {
    lock = acquireLock(`${path}.lock`, mode, TIMEOUT_MS);
  } finally {
    queueLock.release();
  }
  try {
    return fn();
  } finally {
    lock.release();
  }
}
