import { NetlinkError } from '../../src/netlink/error.ts';
import type { NetlinkRequest } from '../../src/netlink/message.ts';
import type { NetlinkSocket } from '../../src/netlink/socket.ts';

const ENODEV = 19;

/** A kernel that answers by the step of the request; what it has no answer to is done, or looked up in vain. */
export function fakeSocket(answers: Readonly<Record<string, unknown>>) {
  const steps: string[] = [];
  const ask = ({ step }: NetlinkRequest<unknown>): unknown => {
    steps.push(step);
    const answer = answers[step];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const socket = {
    find: ask,
    request: (request: NetlinkRequest<unknown>): unknown => {
      const answer = ask(request);
      if (answer === undefined && /^(look up|list) /.test(request.step)) {
        throw new NetlinkError(request.step, ENODEV);
      }
      return answer;
    },
  };
  // The class has private members, which nothing else can have.
  return { socket: socket as unknown as NetlinkSocket, steps };
}
