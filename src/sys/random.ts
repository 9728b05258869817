import { getrandom } from './libc.ts';

/**
 * Bytes that nobody can foretell, up to 256. From the kernel and not by node:crypto, which takes four milliseconds to load in
 * the one engine and ten in the other. @throws SyscallError
 */
export function randomBytes(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  getrandom(bytes);
  return bytes;
}
