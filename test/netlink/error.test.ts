import { expect, test } from 'vitest';
import { isGone, NetlinkError, NetlinkProtocolError } from '../../src/netlink/error.ts';
import { SyscallError } from '../../src/sys/libc.ts';

test.each([
  [undefined, 'create bridge "br0": EEXIST (file exists)'],
  ['Name in use', 'create bridge "br0": EEXIST (file exists): Name in use'],
])(
  'NetlinkError with extended ack %s reads as operation, errno and the words of the kernel',
  (extendedAck, message) => {
    const error = new NetlinkError('create bridge "br0"', 17, extendedAck);
    expect({ ...error, message: error.message }).toEqual({
      name: 'NetlinkError',
      message,
      operation: 'create bridge "br0"',
      errno: 17,
      code: 'EEXIST',
      extendedAck,
    });
  },
);

test('NetlinkProtocolError reads as operation and problem and keeps its cause', () => {
  const cause = new Error('why');
  const error = new NetlinkProtocolError('look up link 7', 'malformed reply', { cause });
  expect(error).toMatchObject({
    name: 'NetlinkProtocolError',
    message: 'look up link 7: malformed reply',
    operation: 'look up link 7',
    cause,
  });
});

test.each([
  ['ENODEV from the kernel', new NetlinkError('operation', 19), true],
  ['ENOENT from the kernel', new NetlinkError('operation', 2), true],
  ['ESRCH from the kernel', new NetlinkError('operation', 3), true],
  ['EADDRNOTAVAIL from the kernel', new NetlinkError('operation', 99), true],
  ['EPERM from the kernel', new NetlinkError('operation', 1), false],
  ['ENODEV from a system call', new SyscallError('sendto', 19), false],
  ['an unreadable reply', new NetlinkProtocolError('operation', 'malformed reply'), false],
  ['something else', new Error('ENODEV'), false],
])('isGone of %s', (_, error, expected) => {
  expect(isGone(error)).toBe(expected);
});
