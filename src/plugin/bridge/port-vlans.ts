import { CniError, errorCode } from '../../cni/error.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { addVlans, delVlans, formatVlans, listVlans, type VlanEntry } from '../../rtnetlink/bridge-vlan.ts';
import type { Link } from '../../rtnetlink/link-info.ts';

/** The port's VLANs when they are not what they should be; `undefined` when they are. */
export function vlanDifference(
  socket: NetlinkSocket,
  port: Link,
  wanted: readonly VlanEntry[],
): { readonly found: string; readonly expected: string } | undefined {
  const found = formatVlans(socket.execute(listVlans(port)));
  const expected = formatVlans(wanted);
  return found === expected ? undefined : { found, expected };
}

/** Puts the port on exactly these VLANs, and reads them back. @throws CniError 100 when the kernel lists others */
export function setVlans(
  socket: NetlinkSocket,
  port: Link,
  { wanted, defaultPvid }: { wanted: readonly VlanEntry[]; defaultPvid: number },
): void {
  const kept = wanted.some(({ vid, endVid }) => vid <= defaultPvid && defaultPvid <= endVid);
  const unwanted = { vid: defaultPvid, endVid: defaultPvid, pvid: false, untagged: false };
  socket.batch([
    ...(defaultPvid === 0 || kept ? [] : [delVlans(port, [unwanted])]),
    ...(wanted.length === 0 ? [] : [addVlans(port, wanted)]),
  ]);
  const difference = vlanDifference(socket, port, wanted);
  if (difference === undefined) return;
  throw new CniError(
    errorCode.kernelRefused,
    `port "${port.name}" is on VLAN ${difference.found} after it was put on VLAN ${difference.expected}`,
  );
}
