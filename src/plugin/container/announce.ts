import { parseMac } from '../../inet/mac.ts';
import type { AssignedIp } from '../../ipam/ipam.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { setMac } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';

/**
 * Tells the neighbours on the VLAN which link-layer address the container's addresses have now, so that none goes on sending to
 * the last hostEnd of one. To be called when the port forwards: what is sent earlier gets nowhere. The kernel sends a gratuitous ARP
 * and an unsolicited neighbour advertisement for each address when the link-layer address is set, be it to the same, and
 * arp_notify and ndisc_notify are on. A packet socket of our own costs more than all the rest: closing it waits for every reader.
 */
export function announce(container: NetlinkSocket, link: Link, ips: readonly AssignedIp[]): void {
  const mac = parseMac(link.mac);
  if (mac === undefined || ips.length === 0) return;
  container.execute({ ...setMac(link, mac), operation: `announce the addresses of link "${link.name}"` });
}
