import type { Transport } from '../../src/netlink/transport.ts';
import { EAGAIN, SyscallError } from '../../src/sys/libc.ts';

export type FakeTransport = Transport & {
  /** Every datagram that was sent, in order. */
  readonly sent: readonly Buffer[];
};

/** A kernel made of one function: what it answers to each datagram is received in order; after that EAGAIN. */
export function fakeTransport(answer: (request: Buffer) => readonly Buffer[]): FakeTransport {
  const sent: Buffer[] = [];
  const replies: Buffer[] = [];
  return {
    sent,
    send: (request) => {
      sent.push(request);
      replies.push(...answer(request));
    },
    receive: () => {
      const reply = replies.shift();
      if (reply === undefined) throw new SyscallError('recvfrom', EAGAIN);
      return reply;
    },
  };
}
