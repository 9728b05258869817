import { CniError, errorCode } from '../cni/error.ts';
import { formatCidr } from '../inet/cidr.ts';
import type { AssignedIp } from '../ipam/ipam.ts';
import type { NetlinkSocket } from '../netlink/socket.ts';
import { type LinkAddress, listAddresses } from '../rtnetlink/address.ts';
import { awaitAddressEvent, openAddressEvents } from '../rtnetlink/address-events.ts';
import type { Link } from '../rtnetlink/link.ts';
import { type Netns, withNetns } from '../sys/netns.ts';

const TIMEOUT_S = 10;

/**
 * Waits until the kernel uses the IPv6 addresses of the container. Without duplicate address detection too, a new address is
 * tentative until a kernel worker has looked at it: nothing is sent from it before, and nobody who asks for it is answered.
 * @throws CniError 11 when an address is still tentative after ten seconds, 100 when another machine has it
 */
export function waitForAddresses(
  socket: NetlinkSocket,
  netns: Netns,
  { link, ips }: { link: Link; ips: readonly AssignedIp[] },
): void {
  const own = new Set(ips.filter(({ cidr }) => cidr.ip.family === 6).map(({ cidr }) => formatCidr(cidr)));
  if (own.size === 0 || tentative(socket, link, own).length === 0) return;
  const events = withNetns(netns, () => openAddressEvents(TIMEOUT_S));
  const deadlineMs = performance.now() + TIMEOUT_S * 1000;
  try {
    // Looked at again before the first wait: the event may have come before the socket was open.
    for (;;) {
      const left = tentative(socket, link, own);
      if (left.length === 0) return;
      refuseDuplicates(link, left);
      if (performance.now() > deadlineMs) throw stillTentative(link, left);
      awaitAddressEvent(events);
    }
  } finally {
    events.close();
  }
}

function tentative(socket: NetlinkSocket, link: Link, own: ReadonlySet<string>): readonly LinkAddress[] {
  const addresses = socket.request(listAddresses(link));
  return addresses.filter((address) => address.tentative && own.has(formatCidr(address.cidr)));
}

function refuseDuplicates(link: Link, addresses: readonly LinkAddress[]): void {
  const taken = addresses.filter(({ dadFailed }) => dadFailed);
  if (taken.length === 0) return;
  throw new CniError(
    errorCode.kernelRefused,
    `add address ${quote(taken)} to link "${link.name}": in use by another machine (duplicate address detection)`,
  );
}

function stillTentative(link: Link, addresses: readonly LinkAddress[]): CniError {
  return new CniError(
    errorCode.tryAgain,
    `link "${link.name}" does not use address ${quote(addresses)} after ${TIMEOUT_S} s (tentative)`,
  );
}

function quote(addresses: readonly LinkAddress[]): string {
  return addresses.map(({ cidr }) => `"${formatCidr(cidr)}"`).join(', ');
}
