import { describe, expect, test } from 'vitest';
import { NetlinkError, NetlinkProtocolError } from '../../src/netlink/error.ts';
import { encodeMessage, NLM_F_DUMP, NLM_F_DUMP_INTR } from '../../src/netlink/message.ts';
import { NetlinkSocket } from '../../src/netlink/socket.ts';
import { EAGAIN, SyscallError } from '../../src/sys/libc.ts';
import { fakeTransport } from '../helpers/fake-transport.ts';
import { thrownBy } from '../helpers/thrown-by.ts';
import { acknowledgement, done, hexLines, readFixture, refusal, withSequence } from '../helpers/wire.ts';
import { part, question, replyOf } from './question.ts';

const ACK = acknowledgement(1);

describe('request', () => {
  test('sends the request as one datagram with the first sequence number', () => {
    const transport = fakeTransport(() => [ACK]);
    new NetlinkSocket(transport).execute(question());
    expect(transport.sent.map(hexLines)).toEqual([hexLines(encodeMessage(question(), 1))]);
  });

  test('counts the sequence number up', () => {
    const transport = fakeTransport((request) => [acknowledgement(request.readUInt32LE(8))]);
    const socket = new NetlinkSocket(transport);
    for (const _ of [1, 2, 3]) socket.execute(question());
    expect(transport.sent.map((request) => request.readUInt32LE(8))).toEqual([1, 2, 3]);
  });

  test('gives parse no bodies for an acknowledgement', () => {
    expect(replyOf([...readFixture('set-link-up').replies])).toEqual([]);
  });

  test('gives parse the body that came before the acknowledgement', () => {
    expect(replyOf([part('link'), ACK])).toEqual(['link']);
  });

  test('gives parse the bodies of a dump across messages and datagrams, in order', () => {
    const datagrams = [Buffer.concat([part('eth0'), part('eth1')]), part('eth2'), done(0)];
    expect(replyOf(datagrams, NLM_F_DUMP)).toEqual(['eth0', 'eth1', 'eth2']);
  });

  test('skips replies to earlier requests and events', () => {
    const event = part('event', { sequence: 0 });
    const answers = [
      [event, part('first'), ACK],
      [event, part('late'), ACK, part('second', { sequence: 2 }), acknowledgement(2)],
    ];
    const socket = new NetlinkSocket(fakeTransport(() => answers.shift() ?? []));
    expect(socket.execute(question())).toEqual(['first']);
    expect(socket.execute(question())).toEqual(['second']);
  });

  test('asks again when the list changed while it was read', () => {
    const interrupted = [part('half', { flags: NLM_F_DUMP_INTR }), done(0)];
    const whole = [part('whole'), done(0)];
    const attempts = [interrupted, interrupted, whole];
    const transport = fakeTransport((request) =>
      (attempts.shift() ?? []).map((reply) => withSequence(reply, request.readUInt32LE(8))),
    );
    expect(new NetlinkSocket(transport).execute(question(NLM_F_DUMP))).toEqual(['whole']);
    expect(transport.sent).toHaveLength(3);
  });

  test('sees the interruption that only the end of a list tells', () => {
    const attempts = [done(NLM_F_DUMP_INTR), done(0)];
    const transport = fakeTransport((request) =>
      attempts.splice(0, 1).map((reply) => withSequence(reply, request.readUInt32LE(8))),
    );
    expect(new NetlinkSocket(transport).execute(question(NLM_F_DUMP))).toEqual([]);
    expect(transport.sent).toHaveLength(2);
  });

  test('gives up when the list changes each time', () => {
    const transport = fakeTransport((request) => [done(NLM_F_DUMP_INTR, request.readUInt32LE(8))]);
    const socket = new NetlinkSocket(transport);
    expect(thrownBy(() => socket.execute(question(NLM_F_DUMP)))).toEqual(
      new NetlinkProtocolError('ask "x"', 'the list changed while it was read, 50 times'),
    );
    expect(transport.sent).toHaveLength(50);
  });

  test('is the last list that changed where gaps are accepted', () => {
    const transport = fakeTransport((request) => {
      const sequence = request.readUInt32LE(8);
      return [part(`try ${sequence}`, { flags: NLM_F_DUMP_INTR, sequence }), done(0, sequence)];
    });
    const socket = new NetlinkSocket(transport);
    expect(socket.execute({ ...question(NLM_F_DUMP), allowInterrupted: true })).toEqual(['try 50']);
  });
});

describe('find', () => {
  test.each([
    ['ENODEV', 19],
    ['ENOENT', 2],
    ['ESRCH', 3],
    ['EADDRNOTAVAIL', 99],
  ])('is undefined when the kernel answers %s', (_, errno) => {
    const socket = new NetlinkSocket(fakeTransport(() => [refusal(errno)]));
    expect(socket.find(question())).toBeUndefined();
  });

  test('is the answer when there is one', () => {
    const socket = new NetlinkSocket(fakeTransport(() => [part('link'), ACK]));
    expect(socket.find(question())).toEqual(['link']);
  });

  test('throws every other refusal', () => {
    const socket = new NetlinkSocket(fakeTransport(() => [refusal(1)]));
    expect(thrownBy(() => socket.find(question()))).toEqual(new NetlinkError('ask "x"', 1));
  });

  test('throws when the reply cannot be read', () => {
    const socket = new NetlinkSocket(fakeTransport(() => [acknowledgement(2)]));
    expect(thrownBy(() => socket.find(question()))).toBeInstanceOf(NetlinkProtocolError);
  });
});

describe('batch', () => {
  const first = { ...question(), operation: 'first' };
  const second = { ...question(), operation: 'second' };
  const third = { ...question(), operation: 'third' };

  test('sends all requests in one datagram with a sequence number each', () => {
    const transport = fakeTransport(() => [acknowledgement(1), acknowledgement(2)]);
    new NetlinkSocket(transport).batch([first, second]);
    const bytes = Buffer.concat([encodeMessage(first, 1), encodeMessage(second, 2)]);
    expect(transport.sent.map(hexLines)).toEqual([hexLines(bytes)]);
  });

  test('reads acknowledgements that share a datagram', () => {
    const together = Buffer.concat([acknowledgement(1), acknowledgement(2)]);
    const socket = new NetlinkSocket(fakeTransport(() => [together]));
    expect(() => socket.batch([first, second])).not.toThrow();
  });

  test('sends no more at once than what there is room for in the answers', () => {
    const transport = fakeTransport((bytes) =>
      Array.from({ length: countOf(bytes) }, (_, index) => acknowledgement(bytes.readUInt32LE(8) + index)),
    );
    new NetlinkSocket(transport).batch(Array.from({ length: 130 }, () => first));
    expect(transport.sent.map(countOf)).toEqual([64, 64, 2]);
  });

  test('throws the first refusal after all replies are in', () => {
    const answers = [
      [acknowledgement(1), refusal(17, 2), refusal(1, 3)],
      [part('link', { sequence: 4 }), acknowledgement(4)],
    ];
    const transport = fakeTransport(() => answers.shift() ?? []);
    const socket = new NetlinkSocket(transport);
    expect(thrownBy(() => socket.batch([first, second, third]))).toEqual(new NetlinkError('second', 17));
    expect(thrownBy(() => transport.receive())).toEqual(new SyscallError('recvfrom', EAGAIN));
    expect(socket.execute(question())).toEqual(['link']);
  });

  test('leaves late replies of a failed batch to be skipped', () => {
    const answers = [
      [acknowledgement(2)],
      [acknowledgement(3), part('link', { sequence: 4 }), acknowledgement(4)],
    ];
    const socket = new NetlinkSocket(fakeTransport(() => answers.shift() ?? []));
    expect(thrownBy(() => socket.batch([first, second, third]))).toEqual(
      new NetlinkProtocolError('first', 'reply 2 came before reply 1'),
    );
    expect(socket.execute(question())).toEqual(['link']);
  });
});

/** How many requests as long as `question()` there are. */
function countOf(bytes: Buffer): number {
  return bytes.length / encodeMessage(question(), 1).length;
}

test('close closes the transport', () => {
  const transport = fakeTransport(() => []);
  new NetlinkSocket(transport).close();
  expect(transport.isClosed()).toBe(true);
});
