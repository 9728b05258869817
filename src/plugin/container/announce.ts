import { parseMac } from '../../inet/mac.ts';
import type { AssignedIp } from '../../ipam/ipam.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { setMac } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';

/**
 * Announces the link-layer address of the container's addresses to the VLAN, as `arping -U` does. Without this, neighbours keep
 * sending to the last owner of an address until their entry expires. Call it when the port forwards: the bridge drops earlier frames.
 * Setting the link-layer address, even to the same value, makes the kernel send a gratuitous ARP and an unsolicited neighbour
 * advertisement for each address, if arp_notify and ndisc_notify are on. A packet socket is slower: its close waits for an RCU grace
 * period.
 */
export function announce(container: NetlinkSocket, link: Link, ips: readonly AssignedIp[]): void {
  const mac = parseMac(link.mac);
  if (mac === undefined || ips.length === 0) return;
  container.execute({ ...setMac(link, mac), operation: `announce the addresses of link "${link.name}"` });
}
