import { closeSync, constants, fstatSync, openSync, statfsSync, statSync } from 'node:fs';
import { CLONE_NEWNET, during, ioctl, O_CLOEXEC, onFile, SyscallError, setns } from './libc.ts';

/** An open network namespace. `path` is how the caller called it, `fd` stays valid when the path goes away. */
export type Netns = { readonly path: string; readonly fd: number };

/** A path that cannot be used as a network namespace, or a thread that got stuck in one. */
export class NetnsError extends Error {
  /**
   * `missing`: nothing is there. `not-a-netns`: something else is there. `not-restored`: the thread is still in the
   * namespace of withNetns; the process must end without touching anything more.
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
/** linux/nsfs.h: _IO(0xb7, 0x3), answers with the CLONE_NEW* flag of the namespace's kind. */
const NS_GET_NSTYPE = 0xb703;

/**
 * Opens the network namespace at `path`, for example /run/netns/blue or /proc/1234/ns/net.
 * Throws NetnsError, or SyscallError when the path cannot be opened for another reason.
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

/** Closes the descriptor. The namespace lives on while anything else holds it. */
export function closeNetns(netns: Netns): void {
  onFile(netns.path, () => closeSync(netns.fd));
}

/** Whether `netns` is the namespace that the calling thread is in. */
export function isCurrentNetns(netns: Netns): boolean {
  const theirs = onFile(netns.path, () => fstatSync(netns.fd, { bigint: true }));
  const ours = onFile(CURRENT_NETNS, () => statSync(CURRENT_NETNS, { bigint: true }));
  return theirs.dev === ours.dev && theirs.ino === ours.ino;
}

/** What tells the calling thread's network namespace from the others that exist: the inode number of its file. */
export function currentNetnsId(): string {
  return onFile(CURRENT_NETNS, () => statSync(CURRENT_NETNS, { bigint: true })).ino.toString();
}

/**
 * Runs `fn` with the calling thread inside `netns` and brings the thread back whatever `fn` does. `fn` must be
 * synchronous: anything that runs later runs outside. Needs CAP_SYS_ADMIN. Throws what `fn` throws, SyscallError when
 * the thread may not enter, NetnsError `not-restored` in place of both when it cannot be brought back.
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
    // O_NONBLOCK: opening a fifo would otherwise wait for a writer.
    return onFile(path, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | O_CLOEXEC));
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    throw new NetnsError('missing', `network namespace "${path}" does not exist`, { cause: error });
  }
}

function isNetns(fd: number): boolean {
  // The file system comes first: the same ioctl number may mean anything to a device.
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
