import type { NetlinkSocket } from '../../netlink/socket.ts';
import { getLinkByIndex, listPorts } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { withBridgeLock } from '../state/bridge-lock.ts';
import type { RunDirectory } from '../state/run-directory.ts';

/** What is reverted, and for which ports it does not matter. */
export type Revert = {
  readonly run: RunDirectory;
  readonly bridge: Pick<Link, 'name' | 'ifindex'>;
  /** The ifindexes of ports that do not rely on the change: those from before it, and those of this ADD. */
  readonly known: readonly number[];
  /** @param ports the ports that the bridge has now */
  readonly revert: (ports: readonly number[]) => void;
};

/**
 * Reverts a change of what the ports of a bridge share, unless a port that came after it may rely on it. Takes the exclusive lock:
 * no other ADD is between looking the bridge up and joining it. Does nothing when the bridge is gone.
 * @throws LockTimeout, NetlinkError
 */
export function revertUnlessInUse(host: NetlinkSocket, { run, bridge, known, revert }: Revert): void {
  withBridgeLock(run, { bridge: bridge.name, mode: 'exclusive' }, () => {
    if (host.find(getLinkByIndex(bridge.ifindex)) === undefined) return;
    const ports = host.find(listPorts(bridge)) ?? [];
    if (ports.every((port) => known.includes(port))) revert(ports);
  });
}
