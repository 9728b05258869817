import { isGone } from '../../src/netlink/error.ts';
import type { NetlinkRequest } from '../../src/netlink/message.ts';
import type { NetlinkSocket } from '../../src/netlink/socket.ts';
import type { Link } from '../../src/rtnetlink/link-info.ts';

/**
 * A kernel made of a table: what it answers to each request, by the request's own words; an error is thrown. What is not in the
 * table must not be asked.
 */
export function answeringSocket(answers: Readonly<Record<string, unknown>>): NetlinkSocket {
  const request = ({ step }: NetlinkRequest<unknown>): unknown => {
    if (!(step in answers)) throw new Error(`nobody was to ask: ${step}`);
    const answer = answers[step];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const find = (asked: NetlinkRequest<unknown>): unknown => {
    try {
      return request(asked);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  };
  return { request, find } as unknown as NetlinkSocket;
}

/** A link that is up and running, `trunk0` with ifindex 5 unless something else is said. */
export function linkOf(more: Partial<Link> = {}): Link {
  return {
    ifindex: 5,
    name: 'trunk0',
    up: true,
    loopback: false,
    running: true,
    promiscuous: false,
    mac: '02:00:00:00:00:05',
    mtu: 1500,
    kind: undefined,
    master: undefined,
    peerIfindex: undefined,
    peerElsewhere: false,
    alias: undefined,
    vlanDeviceVid: undefined,
    bridge: undefined,
    portState: undefined,
    portFlags: undefined,
    ...more,
  };
}
