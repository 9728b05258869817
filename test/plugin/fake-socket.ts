import { NetlinkError } from '../../src/netlink/error.ts';
import type { NetlinkMessage } from '../../src/netlink/message.ts';
import type { NetlinkSocket } from '../../src/netlink/socket.ts';

const ENODEV = 19;

/** A kernel that answers by the operation of the request; what it has no answer to is done, or looked up in vain. */
export function fakeSocket(answers: Readonly<Record<string, unknown>>) {
  const steps: string[] = [];
  const ask = ({ operation }: NetlinkMessage<unknown>): unknown => {
    steps.push(operation);
    const answer = answers[operation];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const socket = {
    find: ask,
    execute: (execute: NetlinkMessage<unknown>): unknown => {
      const answer = ask(request);
      if (answer === undefined && /^(look up|list) /.test(request.operation)) {
        throw new NetlinkError(request.operation, ENODEV);
      }
      return answer;
    },
  };
  // The class has private members, which nothing else can have.
  return { socket: socket as unknown as NetlinkSocket, steps };
}
