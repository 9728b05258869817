import { getrandom } from './libc.ts';

/**
 * Returns up to 256 unpredictable bytes of the kernel, by getrandom(2). node:crypto would take four milliseconds to load in
 * Node, and the native engine does not have it.
 * @throws SyscallError
 */
export function randomBytes(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  getrandom(bytes);
  return bytes;
}
