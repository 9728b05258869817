import { CniError, errorCode } from '../../cni/error.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { addVlans, delVlans, formatVlans, listVlans, type VlanEntry } from '../../rtnetlink/bridge-vlan.ts';
import type { Link } from '../../rtnetlink/link-info.ts';

/** Compares the port's VLANs, as `bridge vlan show dev NAME` lists them, with the expected ones. Returns `undefined` when they are equal. */
export function vlanDifference(
  socket: NetlinkSocket,
  port: Link,
  expected: readonly VlanEntry[],
): { readonly found: string; readonly expected: string } | undefined {
  const found = formatVlans(socket.execute(listVlans(port)));
  const wordsOfExpected = formatVlans(expected);
  return found === wordsOfExpected ? undefined : { found, expected: wordsOfExpected };
}

/**
 * Puts a new port on exactly these VLANs, as `bridge vlan del` and `bridge vlan add` do, and reads them back.
 * @param defaultPvid the VID that the kernel gave the port when it joined the bridge; 0 = none
 * @throws CniError 100 when the kernel lists other VLANs
 */
export function setVlans(
  socket: NetlinkSocket,
  port: Link,
  { expected, defaultPvid }: { expected: readonly VlanEntry[]; defaultPvid: number },
): void {
  const kept = expected.some(({ vid, endVid }) => vid <= defaultPvid && defaultPvid <= endVid);
  const unwanted = { vid: defaultPvid, endVid: defaultPvid, pvid: false, untagged: false };
  socket.batch([
    ...(defaultPvid === 0 || kept ? [] : [delVlans(port, [unwanted])]),
    ...(expected.length === 0 ? [] : [addVlans(port, expected)]),
  ]);
  const difference = vlanDifference(socket, port, expected);
  if (difference === undefined) return;
  throw new CniError(
    errorCode.kernelRefused,
    `port "${port.name}": the kernel lists VLAN ${difference.found} after the plugin set VLAN ${difference.expected}`,
  );
}
