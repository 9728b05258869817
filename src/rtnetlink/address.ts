import { getU32 } from 'netlink/dist/structs.js';
import { broadcastOf, type Cidr, formatCidr } from '../inet/cidr.ts';
import {
  attribute,
  type NetlinkMessage,
  NLM_F_CREATE,
  NLM_F_EXCL,
  readAttributes,
} from '../netlink/message.ts';
import { afterStruct, change, list, readCidr } from './message.ts';
import * as uapi from './uapi.ts';

type LinkRef = { readonly name: string; readonly ifindex: number };

export type LinkAddress = {
  readonly cidr: Cidr;
  /** Valid beyond the link (RT_SCOPE_UNIVERSE). */
  readonly global: boolean;
  /** Duplicate address detection is still running, or has found another owner. */
  readonly tentative: boolean;
  readonly dadFailed: boolean;
};

/**
 * `ip address add CIDR [broadcast +] dev LINK [nodad]`. EEXIST when the link has the address already.
 * @param nodad an IPv6 address is usable at once, without duplicate address detection
 */
export function addAddress(link: LinkRef, cidr: Cidr, { nodad = false } = {}): NetlinkMessage<void> {
  const ip = Buffer.from(cidr.ip.bytes);
  const broadcast = cidr.ip.family === 4 && cidr.prefixLength < 31;
  const operation = `add address "${formatCidr(cidr)}" to link "${link.name}"`;
  return change(operation, uapi.RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, [
    addressMessage(link.ifindex, cidr, nodad ? uapi.IFA_F_NODAD : 0),
    attribute(uapi.IFA_LOCAL, ip),
    attribute(uapi.IFA_ADDRESS, ip),
    ...(broadcast ? [attribute(uapi.IFA_BROADCAST, broadcastOf(cidr).bytes)] : []),
  ]);
}

/** `ip address del CIDR dev LINK`. EADDRNOTAVAIL when the link does not have it. */
export function delAddress(link: LinkRef, cidr: Cidr): NetlinkMessage<void> {
  const operation = `remove address "${formatCidr(cidr)}" from link "${link.name}"`;
  return change(operation, uapi.RTM_DELADDR, 0, [
    addressMessage(link.ifindex, cidr),
    attribute(uapi.IFA_LOCAL, cidr.ip.bytes),
    attribute(uapi.IFA_ADDRESS, cidr.ip.bytes),
  ]);
}

/** All addresses of one link, both families. `ip address show dev LINK`. */
export function listAddresses(link: LinkRef): NetlinkMessage<readonly LinkAddress[]> {
  const everyFamily = Buffer.alloc(8);
  everyFamily.writeUInt32LE(link.ifindex, 4);
  return list(
    `list addresses of link "${link.name}"`,
    uapi.RTM_GETADDR,
    (bodies) => bodies.flatMap(parseAddress),
    [everyFamily],
  );
}

/** struct ifaddrmsg { u8 ifa_family, ifa_prefixlen, ifa_flags, ifa_scope; u32 ifa_index; } */
function addressMessage(ifindex: number, { ip, prefixLength }: Cidr, flags = 0): Buffer {
  const message = Buffer.alloc(8);
  message.writeUInt8(ip.family === 4 ? uapi.AF_INET : uapi.AF_INET6, 0);
  message.writeUInt8(prefixLength, 1);
  message.writeUInt8(flags, 2);
  message.writeUInt32LE(ifindex, 4);
  return message;
}

/** None where the family is neither IPv4 nor IPv6: a list of all families has those of others too. */
function parseAddress(body: Buffer): readonly LinkAddress[] {
  const attributes = readAttributes(afterStruct(body, 8));
  const family = familyOf(body.readUInt8(0));
  if (family === undefined) return [];
  const bytes = attributes.get(uapi.IFA_LOCAL) ?? attributes.get(uapi.IFA_ADDRESS);
  if (bytes === undefined) throw new Error('an address without IFA_LOCAL and IFA_ADDRESS');
  const longFlags = attributes.get(uapi.IFA_FLAGS);
  const flags = longFlags === undefined ? body.readUInt8(2) : getU32(longFlags);
  return [
    {
      cidr: readCidr(family, bytes, body.readUInt8(1)),
      global: body.readUInt8(3) === uapi.RT_SCOPE_UNIVERSE,
      tentative: (flags & uapi.IFA_F_TENTATIVE) !== 0,
      dadFailed: (flags & uapi.IFA_F_DADFAILED) !== 0,
    },
  ];
}

function familyOf(family: number): 4 | 6 | undefined {
  if (family === uapi.AF_INET) return 4;
  return family === uapi.AF_INET6 ? 6 : undefined;
}
