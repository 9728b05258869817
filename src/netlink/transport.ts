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

/** Sends and receives datagrams of the kernel. Tests replace it: all code above depends only on the received bytes. */
export type Transport = {
  readonly send: (bytes: Buffer) => void;
  /** Receives the next datagram from the kernel. @throws SyscallError with code EAGAIN after the timeout */
  readonly receive: () => Buffer;
};

/** The kernel needs far less, even when hundreds of processes wait for the rtnl lock. Runtimes wait much longer for a plugin. */
const REPLY_TIMEOUT_S = 20;

/**
 * The largest reply, a link with 4,094 VLANs and many virtual functions, takes about 60 kB; one datagram of a dump up to 32
 * kB.
 */
const RECEIVE_BUFFER_BYTES = 256 * 1024;

/**
 * Opens a netlink socket in the current network namespace, with extended ack and strict checking on. The descriptor stays
 * open until the process ends.
 * @param protocol NETLINK_*
 * @param groups bit mask of the multicast groups to join
 * @param timeoutS how long `receive` waits, in seconds
 * @throws SyscallError, also on a kernel without one of the options (before Linux 4.20)
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

/** Receives from the kernel (port ID 0). Skips datagrams of other processes: any process may send to this socket. */
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
