import { expect, test } from 'vitest';
import { NetlinkError, NetlinkProtocolError } from '../../src/netlink/error.ts';
import {
  type NetlinkMessage,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_DUMP,
  NLMSG_ERROR,
} from '../../src/netlink/message.ts';
import { NetlinkSocket } from '../../src/netlink/socket.ts';
import { EAGAIN, SyscallError } from '../../src/sys/libc.ts';
import { fakeTransport } from '../helpers/fake-transport.ts';
import { thrownBy } from '../helpers/thrown-by.ts';
import { acknowledgement, message, nlmsgerr, readFixture } from '../helpers/wire.ts';
import { errorOf, question } from './question.ts';

const ACK = acknowledgement(1);

test.each([
  ['refused-bridge', 17, 'EEXIST', 'file exists', undefined],
  ['refused-route', 101, 'ENETUNREACH', 'network is unreachable', 'Nexthop has invalid gateway'],
  ['refused-link', 19, 'ENODEV', 'no such device', undefined],
  ['refused-link-flags', 22, 'EINVAL', 'invalid argument', 'Invalid values in header for get link request'],
  ['refused-table', 2, 'ENOENT', 'no such file or directory', 'ipv4: FIB table does not exist'],
  ['refused-addresses', 19, 'ENODEV', 'no such device', undefined],
])(
  'turns the recorded reply %s into an error with the words of the kernel',
  (name, errno, code, text, ack) => {
    const { request, replies } = readFixture(name);
    const isDump = (request.readUInt16LE(6) & NLM_F_DUMP) === NLM_F_DUMP;
    const error = errorOf(replies, isDump ? NLM_F_DUMP : 0);
    expect(error).toEqual(new NetlinkError('ask "x"', errno, ack));
    expect(error).toMatchObject({
      message: `ask "x": ${code} (${text})${ack === undefined ? '' : `: ${ack}`}`,
      operation: 'ask "x"',
      errno,
      code,
      extendedAck: ack,
    });
  },
);

test('refuses a reply to a request that was not sent yet', () => {
  expect(errorOf([acknowledgement(2)])).toEqual(
    new NetlinkProtocolError('ask "x"', 'reply 2 came before reply 1'),
  );
});

test.each([
  ['shorter than a header', Buffer.alloc(15)],
  ['cut short', ACK.subarray(0, ACK.length - 4)],
  ['with a length below that of its header', withLength(ACK, 8)],
  ['with an error but no number', message({ type: NLMSG_ERROR, body: Buffer.alloc(2) })],
  ['with a number that no error has', message({ type: NLMSG_ERROR, body: nlmsgerr(4096, 16) })],
  ['with a negative number', message({ type: NLMSG_ERROR, body: nlmsgerr(-22, 16) })],
  ['with the lowest number that there is', message({ type: NLMSG_ERROR, body: nlmsgerr(2 ** 31, 16) })],
  ['that repeats a request beyond its own end', extended(nlmsgerr(22, 400))],
  ['that repeats no whole header', extended(Buffer.from('eaffffff', 'hex'))],
  [
    'with an extended ack that ends early',
    extended(Buffer.concat([nlmsgerr(22, 16), Buffer.from('2000010041', 'hex')]), NLM_F_CAPPED),
  ],
])('refuses a reply %s', (_, reply) => {
  const error = errorOf([reply]);
  expect(error).toBeInstanceOf(NetlinkProtocolError);
  expect(error).toMatchObject({ message: 'ask "x": malformed reply', operation: 'ask "x"' });
});

test('names the operation when the reply cannot be read', () => {
  const cause = new Error('0 replies where one was expected');
  const request: NetlinkMessage<never> = {
    ...question(),
    parse: () => {
      throw cause;
    },
  };
  const error = thrownBy(() => new NetlinkSocket(fakeTransport(() => [ACK])).execute(request));
  expect(error).toEqual(new NetlinkProtocolError('ask "x"', 'the reply cannot be read', { cause }));
});

test('says what had been asked when no reply comes in time', () => {
  const error = new SyscallError('recvfrom', EAGAIN);
  error.message = 'ask "x": recvfrom: EAGAIN (resource temporarily unavailable)';
  expect(errorOf([])).toEqual(error);
});

/** An NLMSG_ERROR that says it carries an extended ack. */
function extended(body: Buffer, flags = 0): Buffer {
  return message({ type: NLMSG_ERROR, flags: NLM_F_ACK_TLVS | flags, body });
}

function withLength(reply: Buffer, length: number): Buffer {
  const changed = Buffer.from(reply);
  changed.writeUInt32LE(length, 0);
  return changed;
}
