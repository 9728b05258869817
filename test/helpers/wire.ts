import { readFileSync } from 'node:fs';
import {
  encodeMessage,
  type NetlinkMessage,
  NLM_F_CAPPED,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '../../src/netlink/message.ts';

/** A conversation recorded by scripts/wire/capture. Sequence numbers are replaced by 1 and port ids by 0. */
export type Fixture = {
  readonly command: string;
  readonly ifindexes: Readonly<Record<string, number>>;
  /** Descriptor of the network namespace "peer" in the recorded process. */
  readonly netnsFd?: number;
  readonly request: Buffer;
  /** Datagrams. */
  readonly replies: readonly Buffer[];
  /** What iproute2 printed about the same object, as JSON. */
  readonly observed?: unknown;
};

/** @param name a file of test/fixtures/wire without its ending */
export function readFixture(name: string): Fixture {
  const url = new URL(`../fixtures/wire/${name}.json`, import.meta.url);
  const { request, replies, ...rest } = JSON.parse(readFileSync(url, 'utf8'));
  const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
  return { ...rest, request: bytes(request), replies: replies.map(bytes) };
}

/** Throws when the recording has no such link. */
export function ifindexOf({ command, ifindexes }: Fixture, name: string): number {
  const ifindex = ifindexes[name];
  if (ifindex === undefined) throw new Error(`no link "${name}" in the recording of "${command}"`);
  return ifindex;
}

/** The bytes of a request as a socket sends it first, as lines for `toEqual`. */
export function linesOf(request: NetlinkMessage<unknown>): readonly string[] {
  return hexLines(encodeMessage(request, 1));
}

/** Four bytes on a line, so that a failed comparison shows the position of the difference. */
export function hexLines(bytes: Buffer): readonly string[] {
  return bytes.toString('hex').match(/.{1,8}/g) ?? [];
}

/** An intended difference from iproute2's request: replacing `from` by `to` turns the recorded bytes into ours. */
export type Difference = { readonly why: string; readonly from: string; readonly to: string };

/** The recorded request with the differences applied, as lines for `toEqual`. Each `from` must occur exactly once. */
export function expectedLines(
  { request }: Fixture,
  differences: readonly Difference[] = [],
): readonly string[] {
  const ours = differences.reduce((hex, { why, from, to }) => {
    const parts = hex.split(from);
    if (parts.length !== 2)
      throw new Error(`${why}: "${from}" stands ${parts.length - 1} times in the recording`);
    return parts.join(to);
  }, request.toString('hex'));
  return hexLines(Buffer.from(ours, 'hex'));
}

/** The bodies of the reply's messages but for the one that ends it, split without the code under test. */
export function bodiesOf({ replies }: Fixture): readonly Buffer[] {
  return replies
    .flatMap(splitDatagram)
    .filter((message) => message.readUInt16LE(4) > NLMSG_DONE)
    .map((message) => message.subarray(HEADER_LENGTH));
}

/** struct nlmsghdr { u32 nlmsg_len; u16 nlmsg_type, nlmsg_flags; u32 nlmsg_seq, nlmsg_pid; } and its body. */
export function message({
  type = 0,
  flags = 0,
  sequence = 1,
  body = Buffer.alloc(0),
}: {
  type?: number;
  flags?: number;
  sequence?: number;
  body?: Buffer;
}): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt32LE(HEADER_LENGTH + body.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(sequence, 8);
  return Buffer.concat([header, body]);
}

/** The kernel's acknowledgement of a request. */
export function acknowledgement(sequence: number): Buffer {
  return refusal(0, sequence);
}

/** An NLMSG_ERROR: a refusal, or an acknowledgement when `errno` is 0. */
export function refusal(errno: number, sequence = 1): Buffer {
  return message({ type: NLMSG_ERROR, flags: NLM_F_CAPPED, sequence, body: nlmsgerr(errno, 16) });
}

/** struct nlmsgerr { int error; struct nlmsghdr msg; }, of the header only its length. */
export function nlmsgerr(errno: number, requestLength: number): Buffer {
  const body = Buffer.alloc(20);
  body.writeInt32LE(-errno, 0);
  body.writeUInt32LE(requestLength, 4);
  return body;
}

/** The end of a list. */
export function done(flags: number, sequence = 1): Buffer {
  return message({ type: NLMSG_DONE, flags, sequence, body: Buffer.alloc(4) });
}

/** The datagram with this sequence number in the header of every message. */
export function withSequence(datagram: Buffer, sequence: number): Buffer {
  return Buffer.concat(
    splitDatagram(datagram).map((item) => {
      const renumbered = Buffer.from(item);
      renumbered.writeUInt32LE(sequence, 8);
      return renumbered;
    }),
  );
}

const HEADER_LENGTH = 16;

function splitDatagram(datagram: Buffer): readonly Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < datagram.length; ) {
    const length = datagram.readUInt32LE(at);
    messages.push(datagram.subarray(at, at + length));
    at += (length + 3) & ~3;
  }
  return messages;
}
