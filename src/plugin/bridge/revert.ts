import type { NetlinkSocket } from '../../netlink/socket.ts';
import { getLinkByIndex, listPorts } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { withBridgeLock } from '../state/bridge-lock.ts';
import type { RunDirectory } from '../state/run-directory.ts';

/** A change of a bridge to revert, and the ports that do not rely on the change. */
export type Revert = {
  readonly run: RunDirectory;
  readonly bridge: Pick<Link, 'name' | 'ifindex'>;
  /** The ifindexes of the ports that do not rely on the change: those from before the change, and those of this ADD. */
  readonly known: readonly number[];
  /** @param ports the ifindexes of the current ports of the bridge */
  readonly revert: (ports: readonly number[]) => void;
};

/**
 * Reverts a change that all ports of a bridge share, unless a later port may rely on the change. Takes the exclusive lock: otherwise
 * another ADD could find the bridge before the revert and join it afterwards. Does nothing when the bridge no longer exists.
 * @throws LockTimeout when another process holds the lock for 60 s, NetlinkError when the kernel refuses
 */
export function revertUnlessInUse(host: NetlinkSocket, { run, bridge, known, revert }: Revert): void {
  withBridgeLock(run, { bridge: bridge.name, mode: 'exclusive' }, () => {
    if (host.find(getLinkByIndex(bridge.ifindex)) === undefined) return;
    const ports = host.find(listPorts(bridge)) ?? [];
    if (ports.every((port) => known.includes(port))) revert(ports);
  });
}
