import type { Transport } from '../../src/netlink/transport.ts';
import { EAGAIN, SyscallError } from '../../src/sys/libc.ts';

export type FakeTransport = Transport & {
  /** Every datagram that was sent, in order. */
  readonly sent: readonly Buffer[];
  readonly isClosed: () => boolean;
};

/** A fake kernel made of one function: its replies to each datagram are received in order, then receiving fails with EAGAIN. */
export function fakeTransport(answer: (request: Buffer) => readonly Buffer[]): FakeTransport {
  const sent: Buffer[] = [];
  const replies: Buffer[] = [];
  let closed = false;
  return {
    sent,
    isClosed: () => closed,
    send: (request) => {
      sent.push(request);
      replies.push(...answer(request));
    },
    receive: () => {
      const reply = replies.shift();
      if (reply === undefined) throw new SyscallError('recvfrom', EAGAIN);
      return reply;
    },
    close: () => {
      closed = true;
    },
  };
}
