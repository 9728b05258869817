import { acquireLock, type Lock } from '../sys/lock.ts';
import { currentNetnsId } from '../sys/netns.ts';

const DIRECTORY = '/run/vlan-bridge';
const TIMEOUT_MS = 20_000;

/**
 * The lock on a bridge of the current network namespace. Shared while a port is being attached; exclusive for what must not
 * happen meanwhile, such as deleting the bridge because it has no ports. It dies with its holder.
 * @throws LockTimeout after 20 seconds
 */
export function lockBridge(bridge: string, mode: 'shared' | 'exclusive'): Lock {
  return acquireLock(`${DIRECTORY}/${currentNetnsId()}-${bridge}.lock`, mode, TIMEOUT_MS);
}
