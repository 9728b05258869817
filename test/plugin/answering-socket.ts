import { isGone } from '../../src/netlink/error.ts';
import type { NetlinkMessage } from '../../src/netlink/message.ts';
import type { NetlinkSocket } from '../../src/netlink/socket.ts';

/**
 * A kernel made of a table: what it answers to each execute, by the request's own words; an error is thrown. What is not in the
 * table must not be asked.
 */
export function answeringSocket(answers: Readonly<Record<string, unknown>>): NetlinkSocket {
  const request = ({ operation }: NetlinkMessage<unknown>): unknown => {
    if (!(operation in answers)) throw new Error(`nobody was to ask: ${operation}`);
    const answer = answers[operation];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const find = (asked: NetlinkMessage<unknown>): unknown => {
    try {
      return execute(asked);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  };
  return { execute, find } as unknown as NetlinkSocket;
}
