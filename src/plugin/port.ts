import { CniError, errorCode } from '../cni/error.ts';
import { NetlinkError } from '../netlink/error.ts';
import type { NetlinkSocket } from '../netlink/socket.ts';
import { addStaticFdb, listBridgeFdb, replaceStaticFdb } from '../rtnetlink/bridge-fdb.ts';
import { freshPortFlags, type PortFlags, setPortFlags } from '../rtnetlink/bridge-port.ts';
import { addVlans, delVlans, formatVlans, listVlans, type VlanEntry } from '../rtnetlink/bridge-vlan.ts';
import { deleteLink, getLink, getLinkByIndex, setLinkUp } from '../rtnetlink/link.ts';
import type { Link } from '../rtnetlink/link-info.ts';
import { createVeth } from '../rtnetlink/new-link.ts';
import type { Netns } from '../sys/netns.ts';
import { type NamedOwner, type Owner, owns } from './attachment.ts';
import { type Bridge, ignoreRouterAdvertisements } from './bridge.ts';
import type { NetConf } from './netconf.ts';
import type { Undo } from './undo.ts';
import { portVlans, wantsVlans } from './vlans.ts';

/** The container's end of the veth pair that is to be made. */
export type ContainerEnd = {
  readonly netns: Netns;
  readonly ifname: string;
  readonly mac: Buffer;
};

/**
 * Creates the veth pair: host end in the bridge, container end (down) in its network namespace. The host end comes up with its
 * VLANs in place and read back.
 * @throws CniError 100 when the kernel lists other VLANs than it was told
 */
export function createPort(
  socket: NetlinkSocket,
  bridge: Bridge,
  { conf, owner, container, undo }: { conf: NetConf; owner: Owner; container: ContainerEnd; undo: Undo },
): Link {
  // Before the request: where its answer is lost nobody knows whether there is a link.
  undo.push(`delete link "${owner.hostName}"`, () => deletePort(socket, owner));
  socket.request(
    createVeth({
      hostName: owner.hostName,
      hostMac: owner.hostMac,
      master: bridge.ifindex,
      containerName: container.ifname,
      containerMac: container.mac,
      mtu: conf.mtu,
      netnsFd: container.netns.fd,
    }),
  );
  const port = socket.request(getLink(owner.hostName));
  ignoreRouterAdvertisements(port.name);
  if (bridge.bridge.vlanFiltering === true || wantsVlans(conf)) {
    const { defaultPvid } = bridge.bridge;
    setVlans(socket, port, { wanted: portVlans(conf, defaultPvid), defaultPvid });
  }
  setFlags(socket, bridge, { port, wanted: portFlags(conf), mac: container.mac });
  socket.request(setLinkUp(port, true));
  return port;
}

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
function setFlags(
  socket: NetlinkSocket,
  bridge: Bridge,
  { port, wanted, mac }: { port: Link; wanted: PortFlags; mac: Buffer },
): void {
  if (flagDifference(freshPortFlags, wanted) === undefined) return;
  if (wanted.locked) holdAddress(socket, bridge, { port, mac });
  socket.request(setPortFlags(port, wanted));
  const difference = flagDifference(socket.request(getLinkByIndex(port.ifindex)).portFlags, wanted);
  if (difference === undefined) return;
  const remedy = wanted.locked ? '; "macspoofchk" needs Linux 5.18 or newer' : '';
  throw new CniError(
    errorCode.kernelRefused,
    `port "${port.name}" has ${difference} after it was told otherwise${remedy}`,
  );
}

/**
 * Ties the address to the port: otherwise the first frame that somebody else sends from it would move it, and the lock drop those of
 * its owner from then on. Where the bridge has learned it elsewhere, from a container that has moved for example, that is no more.
 */
function holdAddress(
  socket: NetlinkSocket,
  bridge: Bridge,
  { port, mac }: { port: Link; mac: Buffer },
): void {
  try {
    socket.request(addStaticFdb(port, mac));
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== 'EEXIST') throw error;
    const entries = socket.request(listBridgeFdb(bridge)).filter((entry) => mac.equals(entry.mac));
    const isTaken = entries.some((entry) => !entry.learned && entry.port !== port.ifindex);
    if (isTaken) throw error;
    socket.request(replaceStaticFdb(port, mac));
  }
}

/** Deletes the host end of an attachment, and the container end with it; a link that is not the attachment's is left alone. */
export function deletePort(socket: NetlinkSocket, owner: Owner): void {
  const link = socket.find(getLink(owner.hostName));
  // The kernel may delete it at this very moment, with its network namespace.
  if (link !== undefined && owns(owner, link)) socket.find(deleteLink(link));
}

/**
 * Deletes the host end of an ADD that did not finish: it has no alias yet, or its ADD is known to have been killed before it answered.
 * @returns false when there is a link of that name that stays
 */
export function deleteUnfinishedPort(
  socket: NetlinkSocket,
  { hostName, unanswered }: NamedOwner & { readonly unanswered: boolean },
): boolean {
  const link = socket.find(getLink(hostName));
  if (link === undefined) return true;
  if (link.kind !== 'veth' || (link.alias !== undefined && !unanswered)) return false;
  socket.find(deleteLink(link));
  return true;
}

/** The port's VLANs when they are not what they should be; `undefined` when they are. */
export function vlanDifference(
  socket: NetlinkSocket,
  port: Link,
  wanted: readonly VlanEntry[],
): { readonly found: string; readonly expected: string } | undefined {
  const found = formatVlans(socket.request(listVlans(port)));
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
