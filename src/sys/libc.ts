import { constants } from 'node:os';
import { bindLibc } from './ffi.ts';

/** A system call failed. */
export class SyscallError extends Error {
  /** Name of the call, for example "open". */
  readonly syscall: string;
  /** The positive error number. */
  readonly errno: number;
  /** The number's name, for example "EEXIST". */
  readonly code: string;

  /** @param object the object of the call, for example a path; absent: the message names only the call */
  constructor(syscall: string, errno: number, object?: string) {
    const { code, text } = describeErrno(errno);
    const operation = object === undefined ? syscall : `${syscall} "${object}"`;
    super(`${operation}: ${code} (${text})`);
    this.name = 'SyscallError';
    this.syscall = syscall;
    this.errno = errno;
    this.code = code;
  }
}

// Kernel v6.12; every value is the same on x86-64 and arm64.

// linux/socket.h
export const AF_NETLINK = 16;
export const SOL_NETLINK = 270;
const MSG_TRUNC = 0x20;
// linux/net.h
export const SOCK_RAW = 3;
export const SOCK_CLOEXEC = 0x80000;
// asm-generic/socket.h
export const SOL_SOCKET = 1;
/** Takes a struct timeval of two 64-bit words: seconds, microseconds. */
export const SO_RCVTIMEO = 20;
// linux/sched.h
export const CLONE_NEWNET = 0x40000000;
// asm-generic/fcntl.h
export const O_CLOEXEC = 0x80000;
export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
// asm-generic/errno-base.h, asm-generic/errno.h
const EINTR = 4;
export const EAGAIN = 11;
const EMSGSIZE = 90;

// linux/time.h
const ITIMER_REAL = 0;
/** struct itimerval { struct timeval it_interval, it_value; }, of two 64-bit words each: seconds, microseconds. */
const ITIMERVAL_SIZE = 32;

/** sizeof(struct sockaddr_storage), bits/socket.h: room for any address. */
const SOCKADDR_STORAGE_SIZE = 128;
const ERROR_TEXT_SIZE = 256;

const libc = bindLibc({
  socket: ['i32', 'i32', 'i32'],
  setsockopt: ['i32', 'i32', 'i32', 'buffer', 'i32'],
  bind: ['i32', 'buffer', 'i32'],
  sendto: ['i32', 'buffer', 'size', 'i32', 'buffer', 'i32'],
  recvfrom: ['i32', 'buffer', 'size', 'i32', 'buffer', 'buffer'],
  setns: ['i32', 'i32'],
  flock: ['i32', 'i32'],
  _exit: ['i32'],
  signal: ['i32', 'function'],
  alarm: ['i32'],
  getitimer: ['i32', 'buffer'],
  getrandom: ['buffer', 'size', 'i32'],
  ioctl: ['i32', 'size', 'size'],
  __xpg_strerror_r: ['i32', 'buffer', 'size'],
});

/** Returns the name of an errno and the C library's words for it, as strerror(3). A number without a name is `E<number>`. */
export function describeErrno(errno: number): { code: string; text: string } {
  const buffer = Buffer.alloc(ERROR_TEXT_SIZE);
  libc.__xpg_strerror_r(errno, buffer, buffer.length);
  const words = buffer.toString('utf8', 0, buffer.indexOf(0));
  return { code: errnoNames.get(errno) ?? `E${errno}`, text: words.charAt(0).toLowerCase() + words.slice(1) };
}

/** socket(2). Returns the descriptor. Add SOCK_CLOEXEC to the type: otherwise child processes inherit the socket. */
export function socket(domain: number, type: number, protocol: number): number {
  return check('socket', libc.socket(domain, type, protocol));
}

/** setsockopt(2). A number is passed as a C int. */
export function setsockopt(fd: number, level: number, option: number, value: number | Buffer): void {
  const bytes = typeof value === 'number' ? Buffer.from(Int32Array.of(value).buffer) : value;
  check('setsockopt', libc.setsockopt(fd, level, option, bytes, bytes.length));
}

/** bind(2). `address` is a whole struct sockaddr_*. */
export function bind(fd: number, address: Buffer): void {
  check('bind', libc.bind(fd, address, address.length));
}

/** sendto(2) on a datagram socket. Sends the whole message, or throws (EMSGSIZE when the kernel accepted only a part). */
export function sendto(fd: number, bytes: Buffer, address: Buffer): void {
  const sent = check(
    'sendto',
    uninterrupted(() => libc.sendto(fd, bytes, bytes.length, 0, address, address.length)),
  );
  if (sent !== bytes.length) throw new SyscallError('sendto', EMSGSIZE);
}

/**
 * recvfrom(2) of one datagram into `buffer`. `length` is the whole length of the datagram (MSG_TRUNC). It is larger than
 * `buffer.length` when the datagram was truncated. EAGAIN after SO_RCVTIMEO.
 */
export function recvfrom(fd: number, buffer: Buffer): { length: number; address: Buffer } {
  const address = Buffer.alloc(SOCKADDR_STORAGE_SIZE);
  const addressLength = Int32Array.of(address.length);
  const addressLengthBytes = Buffer.from(addressLength.buffer);
  const length = check(
    'recvfrom',
    uninterrupted(() => libc.recvfrom(fd, buffer, buffer.length, MSG_TRUNC, address, addressLengthBytes)),
  );
  return { length, address: address.subarray(0, addressLength[0]) };
}

/** setns(2): moves the calling thread into the namespace behind `fd`; `nstype` is CLONE_NEWNET or another kind. */
export function setns(fd: number, nstype: number): void {
  check('setns', libc.setns(fd, nstype));
}

/** flock(2). EAGAIN with LOCK_NB when another process holds the lock. */
export function flock(fd: number, operation: number): void {
  check('flock', libc.flock(fd, operation));
}

/** _exit(2). Ends the process at once, without the exit work of the engine. Data that was already written is not lost. */
export function exitProcess(code: number): void {
  libc._exit(code);
}

/** signal(2) with alarm(2) as the handler: the signal sets the alarm clock to as many seconds as the number of the signal. */
export function alarmAt(signal: number): void {
  check('signal', libc.signal(signal, 'alarm'));
}

/** getitimer(2). Returns the seconds until the SIGALRM of alarm(2); 0 when no alarm is set. */
export function remainingAlarm(): number {
  const value = Buffer.alloc(ITIMERVAL_SIZE);
  check('getitimer', libc.getitimer(ITIMER_REAL, value));
  return Number(value.readBigInt64LE(16)) + Number(value.readBigInt64LE(24)) / 1e6;
}

/** getrandom(2). Fills `buffer` of at most 256 bytes; the kernel never returns a part of so few bytes. */
export function getrandom(buffer: Buffer): void {
  check('getrandom', libc.getrandom(buffer, buffer.length, 0));
}

/** ioctl(2) of a request without an argument. Returns its result. */
export function ioctl(fd: number, request: number): number {
  return check('ioctl', libc.ioctl(fd, request, 0));
}

/** Runs a node:fs call on `path`. Converts its error to a SyscallError with the path. */
export function onFile<T>(path: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    const { syscall = 'look up', errno } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    throw new SyscallError(syscall, -errno, path);
  }
}

/** Runs the system calls of an operation. The message of a SyscallError then begins with the words of the operation. */
export function during<T>(operation: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (error instanceof SyscallError) error.message = `${operation}: ${error.message}`;
    throw error;
  }
}

function check(syscall: string, result: number): number {
  if (result < 0) throw new SyscallError(syscall, -result);
  return result;
}

function uninterrupted(call: () => number): number {
  let result = call();
  while (result === -EINTR) result = call();
  return result;
}

// Without the names that are not the kernel's first choice for their number.
const { ENOTSUP, EWOULDBLOCK, ...firstNames } = constants.errno;
const errnoNames = new Map(Object.entries(firstNames).map(([name, errno]) => [errno, name]));
