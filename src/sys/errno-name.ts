import { constants } from 'node:os';

/** The map is built once: an ADD needs the names of several numbers. */
const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    // Second names of EOPNOTSUPP and EAGAIN.
    .filter(([name]) => name !== 'ENOTSUP' && name !== 'EWOULDBLOCK')
    .map(([name, errno]) => [errno, name]),
);

/** Returns the name of an error number by asm-generic/errno.h; `E<number>` for a number without a name. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `E${errno}`;
}
