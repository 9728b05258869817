import { constants } from 'node:os';

/** Built once: an ADD looks up several numbers. */
const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    // Second names of EOPNOTSUPP and EAGAIN.
    .filter(([name]) => name !== 'ENOTSUP' && name !== 'EWOULDBLOCK')
    .map(([name, errno]) => [errno, name]),
);

/** The name of an error number, as asm-generic/errno.h has it; `E<number>` for a number without a name. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `E${errno}`;
}
