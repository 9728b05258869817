import type { Cidr, Ip } from '../inet/cidr.ts';
import { attribute, type NetlinkMessage, NLM_F_DUMP } from '../netlink/message.ts';
import * as uapi from './uapi.ts';

/** Makes a request that changes an object. The kernel replies with an acknowledgement only. */
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

/** Makes a request for one object. The kernel replies with one message. */
export function single<T>(
  operation: string,
  type: number,
  parseBody: (body: Buffer) => T,
  parts: readonly Buffer[],
): NetlinkMessage<T> {
  const parse = (replies: readonly Buffer[]): T => {
    const [body] = replies;
    if (body === undefined || replies.length !== 1)
      throw new Error(`${replies.length} replies, expected one`);
    return parseBody(body);
  };
  return { operation, type, flags: 0, body: Buffer.concat(parts), parse };
}

/** Makes a request for a dump. */
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

/** Returns the attributes of a message, after a struct of `length` bytes. Throws when the message is shorter. */
export function afterStruct(body: Buffer, length: number): Buffer {
  if (body.length < length) throw new Error(`a message of ${body.length} bytes, expected at least ${length}`);
  return body.subarray(length);
}

/** Decodes an address. Throws when the number of bytes does not match the family. */
export function readIp(family: 4 | 6, bytes: Buffer): Ip {
  if (bytes.length !== (family === 4 ? 4 : 16))
    throw new Error(`an IPv${family} address of ${bytes.length} bytes`);
  return { family, bytes: new Uint8Array(bytes) };
}

/** Decodes an address with its prefix length. Throws when the prefix is longer than the address. */
export function readCidr(family: 4 | 6, bytes: Buffer, prefixLength: number): Cidr {
  const ip = readIp(family, bytes);
  if (prefixLength > 8 * bytes.length) throw new Error(`an IPv${family} prefix of ${prefixLength} bits`);
  return { ip, prefixLength };
}

/** Encodes IFLA_LINKINFO: the attributes of one kind of link. */
export function linkInfo(kind: string, data: Buffer): Buffer {
  const parts = [attribute(uapi.IFLA_INFO_KIND, Buffer.from(kind)), attribute(uapi.IFLA_INFO_DATA, data)];
  return attribute(uapi.IFLA_LINKINFO, Buffer.concat(parts));
}
