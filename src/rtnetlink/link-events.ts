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
 * Listens to what happens to links in the current network namespace (`ip monitor link`). Open it before the change whose
 * effect is awaited, so that no event falls between the two.
 * @param timeoutS how long one wait for an event may last
 */
export function openLinkEvents(timeoutS: number): Transport {
  return openTransport(NETLINK_ROUTE, { groups: RTMGRP_LINK, timeoutS });
}

/**
 * Waits until the link fulfils the condition, looking again at every event about it.
 * @returns the link as it was last seen, which does not fulfil the condition when the time is over
 * @throws NetlinkError (ENODEV) when the link is deleted meanwhile
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

/** Listens to what happens to IPv6 addresses in the current network namespace (`ip -6 monitor address`). */
export function openAddressEvents(timeoutS: number): Transport {
  return openTransport(NETLINK_ROUTE, { groups: RTMGRP_IPV6_IFADDR, timeoutS });
}

/**
 * The messages of the next event; none when events were lost (ENOBUFS) or when the time-out passed in silence. Either way it is
 * time to look again.
 * @throws NetlinkProtocolError when it is no event
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
  // RTMGRP_LINK carries RTM_NEWLINK and RTM_DELLINK; a link that is deleted ends the wait by the look-up's ENODEV.
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
