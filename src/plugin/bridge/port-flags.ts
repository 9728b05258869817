import { CniError, errorCode } from '../../cni/error.ts';
import { NetlinkError } from '../../netlink/error.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { addStaticFdb, listBridgeFdb, replaceStaticFdb } from '../../rtnetlink/bridge-fdb.ts';
import { freshPortFlags, type PortFlags, setPortFlags } from '../../rtnetlink/bridge-port.ts';
import { getLinkByIndex } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import type { NetConf } from '../config/netconf.ts';
import type { Bridge } from './bridge.ts';

/** The switches that the configuration wants on the port. */
export function portFlags({ hairpinMode, portIsolation, macspoofchk }: NetConf): PortFlags {
  return { hairpin: hairpinMode, isolated: portIsolation, learning: !macspoofchk, locked: macspoofchk };
}

/** What the port's switches are, in words, when they are not what they should be. */
export function flagDifference(found: PortFlags | undefined, wanted: PortFlags): string | undefined {
  const names = ['hairpin', 'isolated', 'learning', 'locked'] as const;
  const wrong = names.filter((name) => found?.[name] !== wanted[name]);
  return wrong.length === 0
    ? undefined
    : wrong.map((name) => `${name} ${found?.[name] ? 'on' : 'off'}`).join(', ');
}

/** With a locked port, the container's address is the only one that frames may come from, on each of the port's VLANs. */
export function setFlags(
  socket: NetlinkSocket,
  bridge: Bridge,
  { port, wanted, mac }: { port: Link; wanted: PortFlags; mac: Buffer },
): void {
  if (flagDifference(freshPortFlags, wanted) === undefined) return;
  if (wanted.locked) pinMac(socket, bridge, { port, mac });
  socket.execute(setPortFlags(port, wanted));
  const difference = flagDifference(socket.execute(getLinkByIndex(port.ifindex)).portFlags, wanted);
  if (difference === undefined) return;
  const remedy = wanted.locked ? '; "macspoofchk" needs Linux 5.18 or newer' : '';
  throw new CniError(
    errorCode.kernelRefused,
    `port "${port.name}" has ${difference} after it was told otherwise${remedy}`,
  );
}

/**
 * Ties the address to the port: otherwise the first frame that somebody else sends from it would move it, and the lock drop those of
 * its hostEnd from then on. Where the bridge has learned it elsewhere, from a container that has moved for example, that is no more.
 */
function pinMac(socket: NetlinkSocket, bridge: Bridge, { port, mac }: { port: Link; mac: Buffer }): void {
  try {
    socket.execute(addStaticFdb(port, mac));
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== 'EEXIST') throw error;
    const entries = socket.execute(listBridgeFdb(bridge)).filter((entry) => mac.equals(entry.mac));
    const isTaken = entries.some((entry) => !entry.learned && entry.port !== port.ifindex);
    if (isTaken) throw error;
    socket.execute(replaceStaticFdb(port, mac));
  }
}
