import { isGone } from '../../src/netlink/error.ts';
import type { NetlinkRequest } from '../../src/netlink/message.ts';
import type { NetlinkSocket } from '../../src/netlink/socket.ts';

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
