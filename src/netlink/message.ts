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
/** On an NLMSG_ERROR: only the header of the failed request follows, not its body. */
export const NLM_F_CAPPED = 0x100;
/** On an NLMSG_ERROR: extended-ack attributes follow. */
export const NLM_F_ACK_TLVS = 0x200;

export const NLMSG_ERROR = 0x2;
export const NLMSG_DONE = 0x3;

/** Extended ack: the kernel's own sentence about the error. */
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
 * One request to the kernel, as data. Nothing happens until a socket sends it: a batch can send several at once, and tests
 * can compare the bytes.
 *
 * `operation` names the request in words, with the object in quotes. Every error about the request begins with it. `parse`
 * converts the bodies of the reply messages (none for a plain acknowledgement) to the result.
 */
export type NetlinkMessage<T> = {
  readonly operation: string;
  readonly type: number;
  /** NLM_F_*; `encodeMessage` adds NLM_F_REQUEST, and NLM_F_ACK unless the request is a dump. */
  readonly flags: number;
  readonly body: Buffer;
  /** Whether the result of an interrupted dump, which may be incomplete, is accepted after the last attempt. */
  readonly allowInterrupted?: boolean;
  readonly parse: (replies: readonly Buffer[]) => T;
};

/** Encodes one request: `struct nlmsghdr` followed by its body. The kernel fills in the sender's port ID. */
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

/** Encodes one attribute (`struct nlattr`), padded to four bytes. `nested` sets NLA_F_NESTED, which some attributes need. */
export function attribute(type: number, data: Uint8Array, nested = false): Buffer {
  const length = ATTRIBUTE_HEADER_LENGTH + data.length;
  const bytes = Buffer.alloc((length + 3) & ~3);
  bytes.writeUInt16LE(length, 0);
  bytes.writeUInt16LE(nested ? type | NLA_F_NESTED : type, 2);
  bytes.set(data, ATTRIBUTE_HEADER_LENGTH);
  return bytes;
}

/** Attributes by type. `get` decodes the data of one attribute: callers do not read most attributes. */
export type Attributes = { readonly get: (type: number) => Buffer | undefined };

/**
 * Decodes the attributes in `bytes` by type. The last of several attributes of one type counts.
 * @throws Error when the bytes are not whole attributes
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
 * Decodes the attributes of one type in `bytes`, in order: for lists whose entries all have the same type.
 * @throws Error when the bytes are not whole attributes
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

// x86-64 and arm64 are little-endian. A byte outside of the buffer counts as 0.

function lengthAt(bytes: Buffer, offset: number): number {
  return (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8);
}

function typeAt(bytes: Buffer, offset: number): number {
  return lengthAt(bytes, offset + 2) & NLA_TYPE_MASK;
}

function dataAt(bytes: Buffer, offset: number): Buffer {
  return bytes.subarray(offset + ATTRIBUTE_HEADER_LENGTH, offset + lengthAt(bytes, offset));
}
