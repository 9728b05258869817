import type { Cidr, Ip } from '../inet/cidr.ts';
import { attribute, type NetlinkMessage, NLM_F_DUMP } from '../netlink/message.ts';
import * as uapi from './uapi.ts';

/** A request that changes something and is answered by an acknowledgement alone. */
export function change(
  operation: string,
  type: number,
  flags: number,
  parts: readonly Buffer[],
): NetlinkMessage<void> {
  return {
    operation,
    type,
    flags,
    body: Buffer.concat(parts),
    parse: () => undefined,
  };
}

/** A request for one object, answered by one message. */
export function single<T>(
  operation: string,
  type: number,
  parseBody: (body: Buffer) => T,
  parts: readonly Buffer[],
): NetlinkMessage<T> {
  const parse = (replies: readonly Buffer[]): T => {
    const [body] = replies;
    if (body === undefined || replies.length !== 1)
      throw new Error(`${replies.length} replies where one was expected`);
    return parseBody(body);
  };
  return { operation, type, flags: 0, body: Buffer.concat(parts), parse };
}

/** A request for a list. */
export function list<T>(
  operation: string,
  type: number,
  parseBodies: (bodies: readonly Buffer[]) => T,
  parts: readonly Buffer[],
): NetlinkMessage<T> {
  return {
    operation,
    type,
    flags: NLM_F_DUMP,
    body: Buffer.concat(parts),
    parse: parseBodies,
  };
}

/** struct ifinfomsg { u8 ifi_family, pad; u16 ifi_type; s32 ifi_index; u32 ifi_flags, ifi_change; } */
export function linkMessage(
  ifindex: number,
  { up, family = uapi.AF_UNSPEC }: { readonly up?: boolean; readonly family?: number } = {},
): Buffer {
  const message = Buffer.alloc(16);
  message.writeUInt8(family, 0);
  message.writeInt32LE(ifindex, 4);
  message.writeUInt32LE(up === true ? uapi.IFF_UP : 0, 8);
  message.writeUInt32LE(up === undefined ? 0 : uapi.IFF_UP, 12);
  return message;
}

/** The attributes' part of a message, behind a struct of `length` bytes. Throws when the message is shorter than that. */
export function afterStruct(body: Buffer, length: number): Buffer {
  if (body.length < length)
    throw new Error(`a message of ${body.length} bytes, which holds ${length} at least`);
  return body.subarray(length);
}

/** An address as the kernel sends it. Throws when it has not as many bytes as its family has. */
export function readIp(family: 4 | 6, bytes: Buffer): Ip {
  if (bytes.length !== (family === 4 ? 4 : 16))
    throw new Error(`an IPv${family} address of ${bytes.length} bytes`);
  return { family, bytes: new Uint8Array(bytes) };
}

/** An address with the length of its prefix. Throws when it has not as many bits. */
export function readCidr(family: 4 | 6, bytes: Buffer, prefixLength: number): Cidr {
  const ip = readIp(family, bytes);
  if (prefixLength > 8 * bytes.length) throw new Error(`an IPv${family} prefix of ${prefixLength} bits`);
  return { ip, prefixLength };
}

/** IFLA_LINKINFO: what is particular to one kind of link. */
export function linkInfo(kind: string, data: Buffer): Buffer {
  const parts = [attribute(uapi.IFLA_INFO_KIND, Buffer.from(kind)), attribute(uapi.IFLA_INFO_DATA, data)];
  return attribute(uapi.IFLA_LINKINFO, Buffer.concat(parts));
}
