import { formatHeader, HEADER_LENGTH } from 'netlink/dist/structs.js';

// include/uapi/linux/netlink.h (v6.1)
export const NETLINK_ROUTE = 0;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_DUMP = 0x300;
export const NLM_F_CREATE = 0x400;
/** On an NLMSG_ERROR: the request that failed is not repeated after its header. */
export const NLM_F_CAPPED = 0x100;
/** On an NLMSG_ERROR: extended-ack attributes follow. */
export const NLM_F_ACK_TLVS = 0x200;

export const NLMSG_ERROR = 0x2;
export const NLMSG_DONE = 0x3;

/** Extended ack: the kernel's own sentence about what it refused. */
export const NLMSGERR_ATTR_MSG = 1;

export const NETLINK_CAP_ACK = 10;
export const NETLINK_EXT_ACK = 11;
export const NETLINK_GET_STRICT_CHK = 12;

// include/uapi/asm-generic/errno-base.h, errno.h (v6.1); the same on x86-64 and arm64
export const ENOENT = 2;
export const ESRCH = 3;
export const ENODEV = 19;
export const EMSGSIZE = 90;
export const EADDRNOTAVAIL = 99;

/**
 * One question to the kernel, as data: nothing happens until a socket sends it, so that several can share one `send` and tests
 * can compare the bytes.
 *
 * `operation` says in words what the request does, with the object in quotes, and opens every error about it. `parse` turns the
 * bodies of the reply messages (none for a plain acknowledgement) into the answer.
 */
export type NetlinkMessage<T> = {
  readonly operation: string;
  readonly type: number;
  /** NLM_F_* beyond NLM_F_REQUEST and, where no dump is asked, NLM_F_ACK. */
  readonly flags: number;
  readonly body: Buffer;
  /** Whether a list that never holds still is good enough, from which something may be missing. */
  readonly allowInterrupted?: boolean;
  readonly parse: (replies: readonly Buffer[]) => T;
};

/** The bytes of one request, as `struct nlmsghdr` followed by its body; the sender's port is left to the kernel. */
export function encodeMessage(request: NetlinkMessage<unknown>, sequence: number): Buffer {
  const acknowledged = (request.flags & NLM_F_DUMP) === NLM_F_DUMP ? 0 : NLM_F_ACK;
  const header = formatHeader({
    length: HEADER_LENGTH + request.body.length,
    type: request.type,
    flags: request.flags | NLM_F_REQUEST | acknowledged,
    seq: sequence,
    port: 0,
  });
  return Buffer.concat([header, request.body]);
}

const ATTRIBUTE_HEADER_LENGTH = 4;
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;

/** One attribute (`struct nlattr`), padded to four bytes; `nested` sets NLA_F_NESTED, which some attributes are told apart by. */
export function attribute(type: number, data: Uint8Array, nested = false): Buffer {
  const length = ATTRIBUTE_HEADER_LENGTH + data.length;
  const bytes = Buffer.alloc((length + 3) & ~3);
  bytes.writeUInt16LE(length, 0);
  bytes.writeUInt16LE(nested ? type | NLA_F_NESTED : type, 2);
  bytes.set(data, ATTRIBUTE_HEADER_LENGTH);
  return bytes;
}

/** Attributes by type. The data of each is looked up when it is asked for: most are not. */
export type Attributes = { readonly get: (type: number) => Buffer | undefined };

/**
 * The attributes in `bytes` by type. Of attributes that stand there several times the last one counts.
 * @throws Error when the bytes are no whole attributes
 */
export function readAttributes(bytes: Buffer): Attributes {
  const offsets = new Map<number, number>();
  for (let offset = 0; offset < bytes.length; offset = nextOffset(bytes, offset)) {
    offsets.set(typeAt(bytes, offset), offset);
  }
  const get = (type: number): Buffer | undefined => {
    const offset = offsets.get(type);
    return offset === undefined ? undefined : dataAt(bytes, offset);
  };
  return { get };
}

/**
 * The attributes in `bytes` that have this type, in order: for lists whose entries all share one type.
 * @throws Error when the bytes are no whole attributes
 */
export function readRepeated(bytes: Buffer, type: number): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; offset = nextOffset(bytes, offset)) {
    if (typeAt(bytes, offset) === type) found.push(dataAt(bytes, offset));
  }
  return found;
}

/** @throws Error when the attribute at `offset` does not fit into the bytes */
function nextOffset(bytes: Buffer, offset: number): number {
  const length = lengthAt(bytes, offset);
  if (length < ATTRIBUTE_HEADER_LENGTH || length > bytes.length - offset)
    throw new Error(`netlink attribute of ${length} bytes in ${bytes.length - offset}`);
  return offset + ((length + 3) & ~3);
}

// Both processors that there are executables for have little-endian numbers. A byte outside of the buffer counts as 0.

function lengthAt(bytes: Buffer, offset: number): number {
  return (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8);
}

function typeAt(bytes: Buffer, offset: number): number {
  return lengthAt(bytes, offset + 2) & NLA_TYPE_MASK;
}

function dataAt(bytes: Buffer, offset: number): Buffer {
  return bytes.subarray(offset + ATTRIBUTE_HEADER_LENGTH, offset + lengthAt(bytes, offset));
}
