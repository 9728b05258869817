import { CniError, errorCode } from '../../cni/error.ts';
import { formatCidr } from '../../inet/cidr.ts';
import type { AssignedIp } from '../../ipam/ipam.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import type { Transport } from '../../netlink/transport.ts';
import { type LinkAddress, listAddresses } from '../../rtnetlink/address.ts';
import { nextEvent, openAddressEvents } from '../../rtnetlink/link-events.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { type Netns, withNetns } from '../../sys/netns.ts';

/** The kernel probes for one second, after waiting up to one more. */
const TIMEOUT_S = 10;

/** To be opened in the container's network namespace before the addresses are added. */
export function openDadEvents(netns: Netns): Transport {
  return withNetns(netns, () => openAddressEvents(TIMEOUT_S));
}

/**
 * Waits until the kernel uses the IPv6 addresses of the container. Without duplicate address detection too, a new address is
 * tentative until a kernel worker has looked at it: nothing is sent from it before, and nobody who asks for it is answered.
 * @throws CniError 104 naming the address that another machine has, 11 when an address is still tentative after ten seconds
 */
export function waitForDad(
  events: Transport,
  socket: NetlinkSocket,
  { link, ips }: { link: Link; ips: readonly AssignedIp[] },
): void {
  const own = new Set(ips.filter(({ cidr }) => cidr.ip.family === 6).map(({ cidr }) => formatCidr(cidr)));
  const deadlineMs = performance.now() + TIMEOUT_S * 1000;
  while (own.size > 0) {
    const addresses = socket.execute(listAddresses(link)).filter(({ cidr }) => own.has(formatCidr(cidr)));
    const failed = addresses.find(({ dadFailed }) => dadFailed);
    if (failed !== undefined) throw new CniError(errorCode.addressInUse, inUse(failed, link));
    const waiting = addresses.filter(({ tentative }) => tentative);
    if (waiting.length === 0) return;
    if (performance.now() > deadlineMs) throw stillTentative(link, waiting);
    nextEvent(events);
  }
}

function stillTentative(link: Link, addresses: readonly LinkAddress[]): CniError {
  const names = addresses.map(({ cidr }) => `"${formatCidr(cidr)}"`).join(', ');
  return new CniError(
    errorCode.tryAgain,
    `link "${link.name}" does not use address ${names} after ${TIMEOUT_S} s (tentative)`,
  );
}

function inUse({ cidr }: LinkAddress, link: Link): string {
  return `address "${formatCidr(cidr)}" of link "${link.name}" is in use by another machine (duplicate address detection)`;
}
