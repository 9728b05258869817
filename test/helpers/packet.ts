import { closeSync } from 'node:fs';
import { SOCK_CLOEXEC, SOCK_RAW, sendto, socket } from '../../src/sys/libc.ts';

/**
 * Sends whole Ethernet frames, header included, out of the link `ifindex` of the calling thread's network namespace.
 * Needs CAP_NET_RAW. Throws SyscallError, ENETDOWN for example when the link is down.
 */
export function sendFrames(ifindex: number, frames: readonly Buffer[]): void {
  // Protocol 0: this socket never receives.
  const fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  try {
    for (const frame of frames) sendto(fd, frame, linkLayerAddress(ifindex, frame));
  } finally {
    closeSync(fd);
  }
}

/** linux/socket.h */
const AF_PACKET = 17;
/** linux/if_ether.h: offset of the EtherType, after two addresses of six bytes. */
const ETHERTYPE_OFFSET = 12;
const SOCKADDR_LL_SIZE = 20;

/*
 * linux/if_packet.h
 * struct sockaddr_ll {
 *   unsigned short sll_family;    // AF_PACKET
 *   __be16         sll_protocol;  // EtherType; kernels before 5.11 do not look it up in the frame
 *   int            sll_ifindex;
 *   unsigned short sll_hatype;    // the rest is not read for SOCK_RAW
 *   unsigned char  sll_pkttype;
 *   unsigned char  sll_halen;
 *   unsigned char  sll_addr[8];
 * };
 */
function linkLayerAddress(ifindex: number, frame: Buffer): Buffer {
  const address = Buffer.alloc(SOCKADDR_LL_SIZE);
  // Host order: both processors we build for are little-endian.
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(frame.readUInt16BE(ETHERTYPE_OFFSET), 2);
  address.writeInt32LE(ifindex, 4);
  return address;
}
