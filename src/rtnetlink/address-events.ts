import { NETLINK_ROUTE } from '../netlink/message.ts';
import { openTransport, type Transport } from '../netlink/transport.ts';
import { SyscallError } from '../sys/libc.ts';
import { RTMGRP_IPV6_IFADDR } from './uapi.ts';

/**
 * Listens to what happens to IPv6 addresses in the current network namespace (`ip -6 monitor address`).
 * @param timeoutS how long one wait for an event may last
 */
export function openAddressEvents(timeoutS: number): Transport {
  return openTransport(NETLINK_ROUTE, { groups: RTMGRP_IPV6_IFADDR, timeoutS });
}

/** Waits for the next event, whatever it says: also for one that was lost (ENOBUFS), and for the end of the time. */
export function awaitAddressEvent(events: Transport): void {
  try {
    events.receive();
  } catch (error) {
    if (!(error instanceof SyscallError && ['ENOBUFS', 'EAGAIN'].includes(error.code))) throw error;
  }
}
