import { CniError, errorCode } from '../../cni/error.ts';
import { NetlinkError } from '../../netlink/error.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { addStaticFdb, listBridgeFdb, replaceStaticFdb } from '../../rtnetlink/bridge-fdb.ts';
import { freshPortFlags, type PortFlags, setPortFlags } from '../../rtnetlink/bridge-port.ts';
import { getLinkByIndex } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import type { NetConf } from '../config/netconf.ts';
import type { Bridge } from './bridge.ts';

/** The flags of the port that the configuration asks for. */
export function portFlags({ hairpinMode, portIsolation, macspoofchk }: NetConf): PortFlags {
  return { hairpin: hairpinMode, isolated: portIsolation, learning: !macspoofchk, locked: macspoofchk };
}

/** Names each flag that differs with its found value, such as `locked off`. Returns `undefined` when all flags are as expected. */
export function flagDifference(found: PortFlags | undefined, expected: PortFlags): string | undefined {
  const names = ['hairpin', 'isolated', 'learning', 'locked'] as const;
  const wrong = names.filter((name) => found?.[name] !== expected[name]);
  return wrong.length === 0
    ? undefined
    : wrong.map((name) => `${name} ${found?.[name] ? 'on' : 'off'}`).join(', ');
}

/**
 * Sets the flags of a new port and reads them back, as `bridge link set dev NAME locked on` does. For a locked port it first adds
 * the forwarding entry of the container's address: the kernel drops frames from every other address.
 * @throws CniError 100 when the kernel reports other flags
 */
export function setFlags(
  socket: NetlinkSocket,
  bridge: Bridge,
  { port, expected, mac }: { port: Link; expected: PortFlags; mac: Buffer },
): void {
  if (flagDifference(freshPortFlags, expected) === undefined) return;
  if (expected.locked) pinMac(socket, bridge, { port, mac });
  socket.execute(setPortFlags(port, expected));
  const difference = flagDifference(socket.execute(getLinkByIndex(port.ifindex)).portFlags, expected);
  if (difference === undefined) return;
  const remedy = expected.locked ? '; "macspoofchk" needs Linux 5.18 or newer' : '';
  throw new CniError(
    errorCode.kernelRefused,
    `port "${port.name}": the kernel reports ${difference} after the plugin set the opposite${remedy}`,
  );
}

/**
 * Adds a static forwarding entry for the address, as `bridge fdb add MAC dev PORT master static` does. Without a static entry the
 * bridge would move the address to another port that sends from it, and the locked port would drop the container's frames.
 * Replaces an entry that the bridge learned on another port, for example before the container moved.
 * @throws NetlinkError EEXIST when another port has the address as a static entry
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
