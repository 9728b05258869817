import type { Ip } from './cidr.ts';

/**
 * The Ethernet frame that tells every neighbour "this IPv4 address is at this MAC": an ARP announcement, which is a
 * broadcast request with the address as both sender and target (RFC 5227, section 3). Same as the kernel's for arp_notify.
 * Not padded to Ethernet's 60 bytes; as for the kernel's own ARP, that is up to the driver of a real network card.
 */
export function encodeGratuitousArp(mac: Uint8Array, ip: Ip): Buffer {
  const unknownMac = Buffer.alloc(6);
  return Buffer.concat([
    ethernetHeader(broadcastMac, mac, etherType.arp),
    // struct arphdr: Ethernet (1), IPv4 (0x0800), 6 and 4 bytes long, request (1); include/uapi/linux/if_arp.h.
    Buffer.of(0, 1, 0x08, 0x00, 6, 4, 0, 1),
    mac,
    ip.bytes,
    unknownMac,
    ip.bytes,
  ]);
}

/**
 * The Ethernet frame that tells every neighbour "this IPv6 address is at this MAC": an unsolicited neighbour
 * advertisement with the override flag to all nodes (RFC 4861, sections 4.4 and 7.2.6). Same as the kernel's for
 * ndisc_notify.
 */
export function encodeUnsolicitedAdvertisement(mac: Uint8Array, ip: Ip): Buffer {
  const message = Buffer.concat([
    Buffer.of(neighbourAdvertisement, 0, 0, 0, overrideFlag, 0, 0, 0),
    ip.bytes,
    Buffer.of(targetLinkLayerOption, 1),
    mac,
  ]);
  message.writeUInt16BE(icmpv6Checksum(ip.bytes, allNodes, message), checksumOffset);
  return Buffer.concat([
    ethernetHeader(allNodesMac, mac, etherType.ipv6),
    // Version 6, no traffic class, no flow label; then payload length, next header, hop limit 255 (section 7.1.2).
    Buffer.of(0x60, 0, 0, 0, 0, message.length, icmpv6, 255),
    ip.bytes,
    allNodes,
    message,
  ]);
}

const etherType = { arp: 0x0806, ipv6: 0x86dd } as const;
const icmpv6 = 58;
const neighbourAdvertisement = 136;
const overrideFlag = 0x20;
const targetLinkLayerOption = 2;
const checksumOffset = 2;

const broadcastMac = Buffer.alloc(6, 0xff);
/** 33:33 and the last four bytes of ff02::1 (RFC 2464, section 7). */
const allNodesMac = Buffer.of(0x33, 0x33, 0, 0, 0, 1);
/** ff02::1 */
const allNodes = Buffer.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

function ethernetHeader(destination: Uint8Array, source: Uint8Array, type: number): Buffer {
  return Buffer.concat([destination, source, Buffer.of(type >> 8, type & 0xff)]);
}

/** The Internet checksum over the pseudo-header and the message, its checksum field being zero (RFC 8200, section 8.1). */
function icmpv6Checksum(source: Uint8Array, destination: Uint8Array, message: Uint8Array): number {
  const covered = Buffer.concat([
    source,
    destination,
    Buffer.of(0, 0, 0, message.length, 0, 0, 0, icmpv6),
    message,
  ]);
  let sum = 0;
  for (let offset = 0; offset < covered.length; offset += 2) sum += covered.readUInt16BE(offset);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}
