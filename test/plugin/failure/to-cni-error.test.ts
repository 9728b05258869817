import { describe, expect, test } from 'vitest';
import { CniError } from '../../../src/cni/error.ts';
import { NetlinkError } from '../../../src/netlink/error.ts';
import { toCniError } from '../../../src/plugin/failure/to-cni-error.ts';
import { SyscallError } from '../../../src/sys/libc.ts';
import { LockTimeout } from '../../../src/sys/lock.ts';
import { NetnsError } from '../../../src/sys/netns.ts';
import { UntrustedFile } from '../../../src/sys/private-directory.ts';

const EPERM = 1;
const EACCES = 13;
const EINVAL = 22;
const capabilities =
  'the plugin needs the capabilities CAP_NET_ADMIN and CAP_SYS_ADMIN; runtimes run it as root';

describe('toCniError', () => {
  test.each([
    [
      'a refusal of the kernel, with its words, as code 100',
      new NetlinkError('create veth pair "a" and "b"', EINVAL, 'Invalid MTU'),
      { code: 100, msg: 'create veth pair "a" and "b": EINVAL (invalid argument): Invalid MTU' },
    ],
    [
      'a refused system call as code 100',
      new SyscallError('open', EINVAL, '/x'),
      { code: 100, msg: 'open "/x": EINVAL (invalid argument)' },
    ],
    [
      'EPERM of netlink with the capabilities that are needed',
      new NetlinkError('set link "a" up', EPERM),
      { code: 100, msg: 'set link "a" up: EPERM (operation not permitted)', details: capabilities },
    ],
    [
      'EACCES of a system call with the capabilities that are needed',
      new SyscallError('setns', EACCES, '/x'),
      { code: 100, msg: 'setns "/x": EACCES (permission denied)', details: capabilities },
    ],
    [
      'a file that others may have made as code 5',
      new UntrustedFile('lock "/run/x.lock"', 'belongs to uid 12345'),
      { code: 5, msg: 'lock "/run/x.lock" belongs to uid 12345' },
    ],
    [
      'a thread that got stuck in a network namespace as code 100',
      new NetnsError('not-restored', 'cannot leave'),
      { code: 100, msg: 'cannot leave' },
    ],
    [
      'a lock that others hold as code 11',
      new LockTimeout('/run/x.lock', 20_000),
      { code: 11, msg: 'lock "/run/x.lock": still held by another process after 20000 ms' },
    ],
  ])('tells the runtime of %s', (_what, error, { code, msg, ...more }) => {
    const explained = toCniError(error);
    expect(explained).toBeInstanceOf(CniError);
    expect(explained).toMatchObject({ code, message: msg, details: undefined, ...more });
  });

  test.each([
    ['a CniError', new CniError(7, 'invalid')],
    ['an error that nobody foresaw', new TypeError('x is not a function')],
  ])('leaves %s as it is', (_what, error) => {
    expect(toCniError(error)).toBe(error);
  });

  const leftBehind = ['delete link "a": EBUSY', 'delete bridge "b": EPERM'];
  const residue = 'could not be rolled back: delete link "a": EBUSY; delete bridge "b": EPERM';

  test.each([
    ['an error without details', new CniError(7, 'invalid'), { code: 7, msg: 'invalid', details: residue }],
    [
      'an error with details, after these',
      new CniError(7, 'invalid', { details: 'look' }),
      { code: 7, msg: 'invalid', details: `look\n${residue}` },
    ],
    [
      'a refusal of the kernel',
      new NetlinkError('set link "a" up', EPERM),
      {
        code: 100,
        msg: 'set link "a" up: EPERM (operation not permitted)',
        details: `${capabilities}\n${residue}`,
      },
    ],
    [
      'an error that nobody foresaw, as code 999',
      new TypeError('x is not a function'),
      { code: 999, msg: 'x is not a function', details: residue },
    ],
    ['what is no error', 'thrown', { code: 999, msg: 'thrown', details: residue }],
  ])('adds what could not be rolled back to %s', (_what, error, { code, msg, details }) => {
    const explained = toCniError(error, leftBehind);
    expect(explained).toBeInstanceOf(CniError);
    expect(explained).toMatchObject({ code, message: msg, details, cause: error });
  });
});
