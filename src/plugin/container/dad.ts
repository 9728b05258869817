import { CniError, errorCode } from '../../cni/error.ts';
import { formatCidr } from '../../inet/cidr.ts';
import type { AssignedIp } from '../../ipam/ipam.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import type { Transport } from '../../netlink/transport.ts';
import { type LinkAddress, listAddresses } from '../../rtnetlink/address.ts';
import { nextEvent, openAddressEvents } from '../../rtnetlink/link-events.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { type Netns, withNetns } from '../../sys/netns.ts';

/** The kernel waits up to one second and then probes for one second. */
const TIMEOUT_S = 10;

/** Opens the address events for `waitForDad` in the container's network namespace. Open them before the addresses are added. */
export function openDadEvents(netns: Netns): Transport {
  return withNetns(netns, () => openAddressEvents(TIMEOUT_S));
}

/**
 * Waits until no IPv6 address of the container is tentative, as `ip address show` prints it. Even without duplicate address detection
 * a new address is tentative until a kernel worker has processed it. Until then the kernel neither sends from the address nor answers
 * neighbour solicitations for it.
 * @throws CniError 104 with the address that another machine has, 11 when an address is still tentative after ten seconds
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
