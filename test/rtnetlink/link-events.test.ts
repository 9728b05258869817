import { describe, expect, test } from 'vitest';
import { NetlinkError } from '../../src/netlink/error.ts';
import { NetlinkSocket } from '../../src/netlink/socket.ts';
import type { Transport } from '../../src/netlink/transport.ts';
import { waitForLink } from '../../src/rtnetlink/link-events.ts';
import type { Link } from '../../src/rtnetlink/link-info.ts';
import { BR_STATE_FORWARDING, RTM_DELLINK, RTM_NEWLINK } from '../../src/rtnetlink/uapi.ts';
import { SyscallError } from '../../src/sys/libc.ts';
import { type FakeTransport, fakeTransport } from '../helpers/fake-transport.ts';
import { thrownBy } from '../helpers/thrown-by.ts';
import { acknowledgement, bodiesOf, ifindexOf, message, readFixture, withSequence } from '../helpers/wire.ts';

const DISABLED = readFixture('get-link-port');
const FORWARDING = readFixture('get-link-port-up');
const PORT = ifindexOf(DISABLED, 'host0');
const LATER = Number.POSITIVE_INFINITY;
const ENOBUFS = 105;
const EAGAIN = 11;
const EBADF = 9;

describe('waitForLink', () => {
  test('asks once when the link is ready', () => {
    const kernel = kernelThatSees([FORWARDING]);
    expect(wait(kernel, []).portState).toBe(BR_STATE_FORWARDING);
    expect(kernel.sent).toHaveLength(1);
  });

  test('asks again at an event about the link', () => {
    const kernel = kernelThatSees([DISABLED, FORWARDING]);
    expect(wait(kernel, [event(RTM_NEWLINK, PORT)]).portState).toBe(BR_STATE_FORWARDING);
    expect(kernel.sent).toHaveLength(2);
  });

  test('finds the event among others in a datagram', () => {
    const kernel = kernelThatSees([DISABLED, FORWARDING]);
    const events = [Buffer.concat([event(RTM_NEWLINK, PORT + 1), event(RTM_NEWLINK, PORT)])];
    expect(wait(kernel, events).portState).toBe(BR_STATE_FORWARDING);
  });

  test('asks no more for events about other links', () => {
    const kernel = kernelThatSees([DISABLED, FORWARDING]);
    const events = [PORT + 1, PORT + 2, PORT].map((ifindex) => event(RTM_NEWLINK, ifindex));
    wait(kernel, events);
    expect(events).toEqual([]);
  });

  test.each([
    ['events got lost', ENOBUFS],
    ['no event came in time', EAGAIN],
  ])('asks again when %s', (_, errno) => {
    const kernel = kernelThatSees([DISABLED, FORWARDING]);
    expect(wait(kernel, [new SyscallError('recvfrom', errno)]).portState).toBe(BR_STATE_FORWARDING);
  });

  test('returns the link as it is when the time is over', () => {
    const kernel = kernelThatSees([DISABLED, DISABLED]);
    const link = wait(kernel, [event(RTM_NEWLINK, PORT)], performance.now() - 1);
    expect(link.portState).toBe(0);
    expect(kernel.sent).toHaveLength(1);
  });

  test('throws what else goes wrong while it listens', () => {
    const error = new SyscallError('recvfrom', EBADF);
    expect(thrownBy(() => wait(kernelThatSees([DISABLED]), [error]))).toBe(error);
  });

  test('learns at once that the link was deleted', () => {
    const kernel = kernelThatSees([DISABLED, readFixture('refused-link')]);
    const error = thrownBy(() => wait(kernel, [event(RTM_DELLINK, PORT)]));
    expect(error).toEqual(new NetlinkError(`look up link ${PORT}`, 19));
  });
});

function wait(kernel: FakeTransport, events: (Buffer | Error)[], deadlineMs = LATER): Link {
  const until = ({ portState }: Link): boolean => portState === BR_STATE_FORWARDING;
  return waitForLink(eventsOf(events), new NetlinkSocket(kernel), { ifindex: PORT, deadlineMs, until });
}

/** Answers one question after the other as recorded. */
function kernelThatSees(fixtures: readonly (typeof DISABLED)[]): FakeTransport {
  const answers = [...fixtures];
  return fakeTransport((request) => {
    const fixture = answers.shift();
    if (fixture === undefined) throw new Error('asked too often');
    const sequence = request.readUInt32LE(8);
    const end = fixture === DISABLED || fixture === FORWARDING ? [acknowledgement(sequence)] : [];
    return [...fixture.replies.map((reply) => withSequence(reply, sequence)), ...end];
  });
}

/** Takes the events away as they are received. */
function eventsOf(events: (Buffer | Error)[]): Transport {
  const receive = (): Buffer => {
    const next = events.shift();
    if (next === undefined) throw new Error('listened too long');
    if (next instanceof Error) throw next;
    return next;
  };
  return { receive, send: () => undefined, close: () => undefined };
}

/** The recorded link under another number. */
function event(type: number, ifindex: number): Buffer {
  const [recorded = Buffer.alloc(0)] = bodiesOf(DISABLED);
  const body = Buffer.from(recorded);
  body.writeInt32LE(ifindex, 4);
  return message({ type, sequence: 0, body });
}
