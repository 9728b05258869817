import { closeSync } from 'node:fs';
import {
  AF_NETLINK,
  bind,
  during,
  recvfrom,
  SO_RCVTIMEO,
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOL_NETLINK,
  SOL_SOCKET,
  SyscallError,
  sendto,
  setsockopt,
  socket,
} from '../sys/libc.ts';
import { EMSGSIZE, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK } from './message.ts';

/** Datagrams to and from the kernel. The seam that tests replace: everything above it is a function of what it returns. */
export type Transport = {
  readonly send: (bytes: Buffer) => void;
  /** The next datagram from the kernel. @throws SyscallError with code EAGAIN when none comes in time. */
  readonly receive: () => Buffer;
  readonly close: () => void;
};

/** Far above what the kernel needs with hundreds of callers at its lock, well under a runtime's own limit. */
const REPLY_TIMEOUT_S = 20;

/** A link with all 4,094 VLANs and a table of virtual functions answers in about 60 kB; the kernel's dumps stay under 32 kB. */
const RECEIVE_BUFFER_BYTES = 256 * 1024;

/**
 * Opens a netlink socket in the current network namespace, with extended ack and strict checking on.
 * @param protocol NETLINK_*
 * @param groups bit mask of the multicast groups to listen to
 * @throws SyscallError, also where the kernel is too old for one of the two options (Linux 4.20)
 */
export function openTransport(protocol: number, { groups = 0, timeoutS = REPLY_TIMEOUT_S } = {}): Transport {
  const fd = during(OPENING, () => socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  try {
    during(OPENING, () => prepare(fd, groups, timeoutS));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  const buffer = Buffer.allocUnsafe(RECEIVE_BUFFER_BYTES);
  return {
    send: (bytes) => sendto(fd, bytes, netlinkAddress(0)),
    receive: () => receiveFromKernel(fd, buffer),
    close: () => closeSync(fd),
  };
}

const OPENING = 'open a netlink socket';

function prepare(fd: number, groups: number, timeoutS: number): void {
  for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) {
    setsockopt(fd, SOL_NETLINK, option, 1);
  }
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeval(timeoutS));
  bind(fd, netlinkAddress(groups));
}

/** Skips what other processes sent to this socket: any of them may write to its port. */
function receiveFromKernel(fd: number, buffer: Buffer): Buffer {
  for (;;) {
    const { length, address } = recvfrom(fd, buffer);
    if (address.readUInt32LE(4) !== 0) continue;
    if (length > buffer.length) throw new SyscallError('recvfrom', EMSGSIZE, `${length} bytes`);
    return Buffer.from(buffer.subarray(0, length));
  }
}

/** struct sockaddr_nl { sa_family_t nl_family; unsigned short nl_pad; __u32 nl_pid; __u32 nl_groups; } */
function netlinkAddress(groups: number): Buffer {
  const address = Buffer.alloc(12);
  address.writeUInt16LE(AF_NETLINK, 0);
  address.writeUInt32LE(groups, 8);
  return address;
}

/** struct timeval { long tv_sec; long tv_usec; } */
function timeval(seconds: number): Buffer {
  const value = Buffer.alloc(16);
  value.writeBigInt64LE(BigInt(seconds), 0);
  return value;
}
