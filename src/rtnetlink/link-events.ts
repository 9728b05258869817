import { getS32, parseMessages } from 'netlink/dist/structs.js';
import { NetlinkProtocolError } from '../netlink/error.ts';
import { NETLINK_ROUTE } from '../netlink/message.ts';
import type { NetlinkSocket } from '../netlink/socket.ts';
import { openTransport, type Transport } from '../netlink/transport.ts';
import { SyscallError } from '../sys/libc.ts';
import { traced } from '../sys/trace.ts';
import { getLinkByIndex } from './link.ts';
import type { Link } from './link-info.ts';
import { RTMGRP_IPV6_IFADDR, RTMGRP_LINK } from './uapi.ts';

/**
 * Opens a socket for the link events of the current network namespace (`ip monitor link`). Open it before the change: an
 * earlier event would be lost.
 * @param timeoutS how long one wait for an event may last, in seconds
 */
export function openLinkEvents(timeoutS: number): Transport {
  return openTransport(NETLINK_ROUTE, { groups: RTMGRP_LINK, timeoutS });
}

/**
 * Waits until the link fulfils the condition. Reads the link again after every event about it.
 * @param deadlineMs by performance.now()
 * @returns the link as last read; after the deadline it does not fulfil the condition
 * @throws NetlinkError (ENODEV) when the link is deleted during the wait
 */
export function waitForLink(
  events: Transport,
  socket: NetlinkSocket,
  { ifindex, deadlineMs, until }: { ifindex: number; deadlineMs: number; until: (link: Link) => boolean },
): Link {
  for (;;) {
    const link = socket.execute(getLinkByIndex(ifindex));
    if (until(link)) return link;
    do {
      if (performance.now() > deadlineMs) return link;
    } while (!nextEventConcerns(events, ifindex));
  }
}

/** Opens a socket for the IPv6 address events of the current network namespace (`ip -6 monitor address`). */
export function openAddressEvents(timeoutS: number): Transport {
  return openTransport(NETLINK_ROUTE, { groups: RTMGRP_IPV6_IFADDR, timeoutS });
}

/**
 * Waits for the next event. Returns its messages, or none when events were lost (ENOBUFS) or after the timeout (EAGAIN). The
 * caller then reads the state again.
 * @throws NetlinkProtocolError when the event is malformed
 */
export function nextEvent(events: Transport): ReturnType<typeof parseMessages> {
  try {
    const datagram = traced(WAIT, () => events.receive());
    return readable(() => parseMessages(datagram));
  } catch (error) {
    if (error instanceof SyscallError && ['ENOBUFS', 'EAGAIN'].includes(error.code)) return [];
    throw error;
  }
}

function nextEventConcerns(events: Transport, ifindex: number): boolean {
  const messages = nextEvent(events);
  // RTMGRP_LINK carries RTM_NEWLINK and RTM_DELLINK. After RTM_DELLINK the next read of the link fails with ENODEV.
  return readable(
    () => messages.length === 0 || messages.some(({ data }) => getS32(data.subarray(4, 8)) === ifindex),
  );
}

const WAIT = 'wait for an event';

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new NetlinkProtocolError(WAIT, 'malformed event', { cause });
  }
}
