import { CniError, errorCode } from '../cni/error.ts';
import { isGone } from '../netlink/error.ts';
import type { NetlinkSocket } from '../netlink/socket.ts';
import { addVlans, delVlans, formatVlans, listVlans, type VlanEntry } from '../rtnetlink/bridge-vlan.ts';
import { deleteLink, getLink, type Link, setAlias, setLinkUp } from '../rtnetlink/link.ts';
import { createVeth } from '../rtnetlink/new-link.ts';
import type { Netns } from '../sys/netns.ts';
import { type Owner, owns } from './attachment.ts';
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
  undo.push(`delete link "${owner.hostName}"`, () => deletePort(socket, owner));
  const port = socket.request(getLink(owner.hostName));
  socket.request(setAlias(port, owner.alias));
  ignoreRouterAdvertisements(port.name);
  if (bridge.bridge.vlanFiltering !== true && !wantsVlans(conf)) {
    socket.request(setLinkUp(port, true));
    return port;
  }
  setVlans(socket, port, {
    wanted: portVlans(conf, bridge.bridge.defaultPvid),
    defaultPvid: bridge.bridge.defaultPvid,
  });
  socket.request(setLinkUp(port, true));
  return port;
}

/** Deletes the host end of an attachment, and the container end with it; a link that is not the attachment's is left alone. */
export function deletePort(socket: NetlinkSocket, owner: Owner): void {
  const link = socket.find(getLink(owner.hostName));
  if (link === undefined || !owns(owner, link)) return;
  try {
    socket.request(deleteLink(link));
  } catch (error) {
    // It may go with its network namespace at this very moment.
    if (!isGone(error)) throw error;
  }
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

function setVlans(
  socket: NetlinkSocket,
  port: Link,
  { wanted, defaultPvid }: { wanted: readonly VlanEntry[]; defaultPvid: number },
): void {
  const kept = wanted.some(({ vid, endVid }) => vid <= defaultPvid && defaultPvid <= endVid);
  if (defaultPvid !== 0 && !kept) {
    socket.request(delVlans(port, [{ vid: defaultPvid, endVid: defaultPvid, pvid: false, untagged: false }]));
  }
  if (wanted.length > 0) socket.request(addVlans(port, wanted));
  const difference = vlanDifference(socket, port, wanted);
  if (difference === undefined) return;
  throw new CniError(
    errorCode.kernelRefused,
    `port "${port.name}" is on VLAN ${difference.found} after it was put on VLAN ${difference.expected}`,
  );
}
