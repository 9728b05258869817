import type { NetlinkMessage } from '../../src/netlink/message.ts';
import { NetlinkSocket } from '../../src/netlink/socket.ts';
import { fakeTransport } from '../helpers/fake-transport.ts';
import { thrownBy } from '../helpers/thrown-by.ts';
import { message } from '../helpers/wire.ts';

/** A request whose answer is the text of the bodies. */
export function question(flags = 0): NetlinkMessage<readonly string[]> {
  const parse = (replies: readonly Buffer[]): readonly string[] =>
    replies.map((body) => body.toString('latin1'));
  return { operation: 'ask "x"', type: 18, flags, body: Buffer.from('body'), parse };
}

/** The answer to `question` on a fresh socket. */
export function replyOf(datagrams: readonly Buffer[], flags = 0): readonly string[] {
  return new NetlinkSocket(fakeTransport(() => datagrams)).execute(question(flags));
}

/** What `replyOf` throws. */
export function errorOf(datagrams: readonly Buffer[], flags = 0): unknown {
  return thrownBy(() => replyOf(datagrams, flags));
}

/** A message that is part of an answer. */
export function part(text: string, { flags = 0, sequence = 1 } = {}): Buffer {
  return message({ type: 16, flags, sequence, body: Buffer.from(text) });
}
