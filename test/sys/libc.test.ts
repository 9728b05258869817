import { closeSync, openSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  AF_NETLINK,
  bind,
  describeErrno,
  EAGAIN,
  onFile,
  recvfrom,
  SO_RCVTIMEO,
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOL_SOCKET,
  SyscallError,
  sendto,
  setns,
  setsockopt,
  socket,
} from '../../src/sys/libc.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

test.each([
  [1, 'EPERM', 'operation not permitted'],
  [11, 'EAGAIN', 'resource temporarily unavailable'],
  [17, 'EEXIST', 'file exists'],
  [19, 'ENODEV', 'no such device'],
  [22, 'EINVAL', 'invalid argument'],
  [34, 'ERANGE', 'numerical result out of range'],
  [95, 'EOPNOTSUPP', 'operation not supported'],
  [99, 'EADDRNOTAVAIL', 'cannot assign requested address'],
  [4095, 'E4095', 'unknown error 4095'],
])('describes errno %i as %s (%s)', (errno, code, text) => {
  expect(describeErrno(errno)).toEqual({ code, text });
});

test.each([
  [new SyscallError('setns', 22), 'setns: EINVAL (invalid argument)'],
  [new SyscallError('open', 2, '/run/netns/x'), 'open "/run/netns/x": ENOENT (no such file or directory)'],
])('words a SyscallError as call, quoted object, cause: %s', (error, message) => {
  expect(error.message).toBe(message);
});

test('reads the errno of the call that failed', () => {
  expect(thrownBy(() => setns(-1, 0))).toMatchObject({
    name: 'SyscallError',
    syscall: 'setns',
    errno: 9,
    code: 'EBADF',
  });
  expect(thrownBy(() => socket(9999, SOCK_RAW, 0))).toMatchObject({
    syscall: 'socket',
    code: 'EAFNOSUPPORT',
  });
});

test('turns an error of node:fs into a SyscallError naming the path', () => {
  expect(thrownBy(() => onFile('/nonexistent', () => readFileSync('/nonexistent')))).toMatchObject({
    name: 'SyscallError',
    message: 'open "/nonexistent": ENOENT (no such file or directory)',
    errno: 2,
  });
});

test('names the path of an error that has a number but no system call', () => {
  const fail = () => {
    throw Object.assign(new Error('too long'), { errno: -36, code: 'ENAMETOOLONG' });
  };
  expect(thrownBy(() => onFile('/x', fail))).toMatchObject({
    name: 'SyscallError',
    message: 'look up "/x": ENAMETOOLONG (file name too long)',
  });
});

test('passes an error that is not a refused call through unchanged', () => {
  const error = new TypeError('mine');
  const fail = () => {
    throw error;
  };
  expect(thrownBy(() => onFile('/nonexistent', fail))).toBe(error);
});

test('makes sockets that programs we start do not inherit', () => {
  const fd = netlinkSocket();
  const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
  closeSync(fd);
  expect(info).toMatch(/^flags:\s+02\d{6}$/m);
});

test('sends a netlink message and receives its acknowledgement with the address of the kernel', () => {
  const fd = netlinkSocket();
  sendto(fd, NOOP, KERNEL);
  const buffer = Buffer.alloc(1024);
  const { length, address } = recvfrom(fd, buffer);
  closeSync(fd);
  expect(length).toBe(36);
  expect(buffer.readUInt16LE(4)).toBe(NLMSG_ERROR);
  expect(buffer.readUInt32LE(8)).toBe(7);
  expect(address).toEqual(KERNEL);
});

test('tells the whole length of a datagram that did not fit', () => {
  const fd = netlinkSocket();
  sendto(fd, NOOP, KERNEL);
  const buffer = Buffer.alloc(4, 0xff);
  const { length } = recvfrom(fd, buffer);
  closeSync(fd);
  expect(length).toBe(36);
  expect(buffer).toEqual(Buffer.from([36, 0, 0, 0]));
});

test('gives up receiving when SO_RCVTIMEO runs out', () => {
  const fd = netlinkSocket();
  const timeval = Buffer.alloc(16);
  timeval.writeBigInt64LE(20_000n, 8);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeval);
  const error = thrownBy(() => recvfrom(fd, Buffer.alloc(64)));
  closeSync(fd);
  expect(error).toMatchObject({ syscall: 'recvfrom', errno: EAGAIN });
});

test.each([
  ['bind', (fd: number) => bind(fd, KERNEL)],
  ['setsockopt', (fd: number) => setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, 1)],
  ['sendto', (fd: number) => sendto(fd, NOOP, KERNEL)],
  ['recvfrom', (fd: number) => recvfrom(fd, Buffer.alloc(64))],
])('names %s when its descriptor is not a socket', (syscall, call) => {
  const fd = openSync('/dev/null', 'r');
  const error = thrownBy(() => call(fd));
  closeSync(fd);
  expect(error).toMatchObject({ message: `${syscall}: ENOTSOCK (socket operation on non-socket)` });
});

const NETLINK_ROUTE = 0;
const NLMSG_ERROR = 2;
/** struct sockaddr_nl of port 0: the kernel; to bind(2), "choose a port for me". */
const KERNEL = Buffer.from([AF_NETLINK, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
/** struct nlmsghdr: length 16, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, sequence 7, port 0. */
const NOOP = Buffer.from([16, 0, 0, 0, 1, 0, 5, 0, 7, 0, 0, 0, 0, 0, 0, 0]);

function netlinkSocket(): number {
  const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  bind(fd, KERNEL);
  return fd;
}
