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
  {
    conf,
    hostEnd,
    container,
    rollback,
  }: { conf: NetConf; hostEnd: HostEnd; container: ContainerEnd; rollback: Rollback },
): Link {
  // Before the request: where its answer is lost nobody knows whether there is a link.
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
    setVlans(socket, port, { wanted: portVlans(conf, defaultPvid), defaultPvid });
  }
  setFlags(socket, bridge, { port, wanted: portFlags(conf), mac: container.mac });
  socket.execute(setLinkUp(port, true));
  return port;
}

/** Deletes the host end of an attachment, and the container end with it; a link that is not the attachment's is left alone. */
export function deletePort(socket: NetlinkSocket, hostEnd: HostEnd): void {
  const link = socket.find(getLink(hostEnd.hostName));
  // The kernel may delete it at this very moment, with its network namespace.
  if (link !== undefined && isHostEndOf(hostEnd, link)) socket.find(deleteLink(link));
}

/**
 * Deletes the host end of an ADD that did not finish: it has no alias yet.
 * @param unanswered the ADD is known to have been killed before it answered: the alias does not matter then
 * @returns false when there is a link of that name that stays
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
