import type { NetlinkSocket } from '../../netlink/socket.ts';
import { deleteLink, getLink, setLinkUp } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { createVeth } from '../../rtnetlink/new-link.ts';
import type { Netns } from '../../sys/netns.ts';
import type { NetConf } from '../config/netconf.ts';
import type { Rollback } from '../failure/rollback.ts';
import { type HostEnd, isHostEndOf, type NamedHostEnd } from '../state/attachment.ts';
import { portVlans, wantsVlans } from '../vlan/port-vlans.ts';
import { type Bridge, ignoreRouterAdvertisements } from './bridge.ts';
import { portFlags, setFlags } from './port-flags.ts';
import { setVlans } from './port-vlans.ts';

/** The container's end of a veth pair before it is created. */
export type ContainerEnd = {
  readonly netns: Netns;
  readonly ifname: string;
  readonly mac: Buffer;
};

/**
 * Creates the veth pair, as `ip link add HOST master BRIDGE type veth peer NAME netns NETNS` does. The container's end stays down. Sets
 * the VLANs and flags of the host end and reads them back before it sets the host end up.
 * @throws CniError 100 when the kernel reports other VLANs or flags
 */
export function createPort(
  socket: NetlinkSocket,
  bridge: Bridge,
  {
    conf,
    hostEnd,
    container,
    rollback,
  }: { conf: NetConf; hostEnd: HostEnd; container: ContainerEnd; rollback: Rollback },
): Link {
  // Add the reverse before the request: if the reply is lost, the link may exist.
  rollback.add(`delete link "${hostEnd.hostName}"`, () => deletePort(socket, hostEnd));
  socket.execute(
    createVeth({
      hostName: hostEnd.hostName,
      hostMac: hostEnd.hostMac,
      master: bridge.ifindex,
      containerName: container.ifname,
      containerMac: container.mac,
      mtu: conf.mtu,
      netnsFd: container.netns.fd,
    }),
  );
  const port = socket.execute(getLink(hostEnd.hostName));
  ignoreRouterAdvertisements(port.name);
  if (bridge.bridgeSettings.vlanFiltering === true || wantsVlans(conf)) {
    const { defaultPvid } = bridge.bridgeSettings;
    setVlans(socket, port, { expected: portVlans(conf, defaultPvid), defaultPvid });
  }
  setFlags(socket, bridge, { port, expected: portFlags(conf), mac: container.mac });
  socket.execute(setLinkUp(port, true));
  return port;
}

/** Deletes the host end of an attachment, and the container end with it, as `ip link del` does. Keeps a link of another owner. */
export function deletePort(socket: NetlinkSocket, hostEnd: HostEnd): void {
  const link = socket.find(getLink(hostEnd.hostName));
  // "find": the kernel may delete the link at the same time, together with the container's network namespace.
  if (link !== undefined && isHostEndOf(hostEnd, link)) socket.find(deleteLink(link));
}

/**
 * Deletes the host end of an ADD that did not finish: such a host end has no alias.
 * @param unanswered whether the ADD was killed before it answered. Its host end is unfinished even with an alias.
 * @returns false when a link of that name stays
 */
export function deleteUnfinishedPort(
  socket: NetlinkSocket,
  { hostName, unanswered }: NamedHostEnd & { readonly unanswered: boolean },
): boolean {
  const link = socket.find(getLink(hostName));
  if (link === undefined) return true;
  if (link.kind !== 'veth' || (link.alias !== undefined && !unanswered)) return false;
  socket.find(deleteLink(link));
  return true;
}
