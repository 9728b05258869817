import { closeSync, constants, fstatSync, openSync, statfsSync, statSync } from 'node:fs';
import { CLONE_NEWNET, during, ioctl, O_CLOEXEC, onFile, SyscallError, setns } from './libc.ts';

/** An open network namespace. `path` is the caller's path; `fd` stays valid when the path is removed. */
export type Netns = { readonly path: string; readonly fd: number };

/** A path is not a network namespace, or the thread cannot leave one. */
export class NetnsError extends Error {
  /**
   * `missing`: the path does not exist. `not-a-netns`: the path is not a network namespace. `not-restored`: the thread is
   * still in the network namespace of withNetns; the process must end without any further change.
   */
  readonly reason: 'missing' | 'not-a-netns' | 'not-restored';

  constructor(reason: NetnsError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NetnsError';
    this.reason = reason;
  }
}

/** linux/magic.h: statfs f_type of a namespace file. */
const NSFS_MAGIC = 0x6e736673;
/** linux/nsfs.h: _IO(0xb7, 0x3), returns the CLONE_NEW* flag of the namespace. */
const NS_GET_NSTYPE = 0xb703;

/**
 * Opens the network namespace at `path`, for example /run/netns/blue or /proc/1234/ns/net.
 * @throws NetnsError `missing` or `not-a-netns`, SyscallError when the path cannot be opened for another reason
 */
export function openNetns(path: string): Netns {
  const fd = openNamespaceFile(path);
  try {
    if (!during(`open "${path}"`, () => isNetns(fd)))
      throw new NetnsError('not-a-netns', `"${path}" is not a network namespace`);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { path, fd };
}

/** Closes the descriptor. The network namespace stays while a process, a mount or another descriptor refers to it. */
export function closeNetns(netns: Netns): void {
  onFile(netns.path, () => closeSync(netns.fd));
}

/** Whether `netns` is the network namespace of the calling thread. */
export function isCurrentNetns(netns: Netns): boolean {
  const opened = onFile(netns.path, () => fstatSync(netns.fd, { bigint: true }));
  const current = onFile(CURRENT_NETNS, () => statSync(CURRENT_NETNS, { bigint: true }));
  return opened.dev === current.dev && opened.ino === current.ino;
}

/** Returns the inode number of the calling thread's network namespace: no other existing network namespace has the same. */
export function currentNetnsId(): string {
  return onFile(CURRENT_NETNS, () => statSync(CURRENT_NETNS, { bigint: true })).ino.toString();
}

/**
 * Runs `fn` with the calling thread in `netns`, as `ip netns exec` does, and moves the thread back afterwards, also after an
 * error. `fn` must be synchronous: a later callback would run in the original network namespace. Needs CAP_SYS_ADMIN.
 * @throws the error of `fn`, SyscallError when the thread may not enter, NetnsError `not-restored` when it cannot be moved
 * back
 */
export function withNetns<T>(netns: Netns, fn: () => T): T {
  const original = openNetns(CURRENT_NETNS);
  try {
    enter(netns);
    try {
      return fn();
    } finally {
      restore(original);
    }
  } finally {
    closeNetns(original);
  }
}

const CURRENT_NETNS = '/proc/thread-self/ns/net';

function openNamespaceFile(path: string): number {
  try {
    // Without O_NONBLOCK the open of a fifo waits for a writer.
    return onFile(path, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | O_CLOEXEC));
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    throw new NetnsError('missing', `network namespace "${path}" does not exist`, { cause: error });
  }
}

function isNetns(fd: number): boolean {
  // Check the file system first: a device may give the same ioctl number another meaning.
  const self = `/proc/self/fd/${fd}`;
  const { type } = onFile(self, () => statfsSync(self));
  return type === NSFS_MAGIC && ioctl(fd, NS_GET_NSTYPE) === CLONE_NEWNET;
}

function enter(netns: Netns): void {
  try {
    setns(netns.fd, CLONE_NEWNET);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    throw new SyscallError('setns', error.errno, netns.path);
  }
}

function restore(original: Netns): void {
  try {
    enter(original);
  } catch (error) {
    const message = 'cannot leave the network namespace that this thread has entered';
    throw new NetnsError('not-restored', message, { cause: error });
  }
}
