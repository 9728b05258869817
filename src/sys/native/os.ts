import { host } from './host.ts';

// The part of node:os that the program and its packages use.

export const constants = { errno: host.errorNumbers() };

/** The name of each error number. */
export const ERROR_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, errno]) => [errno, name]),
);

/** x86-64 and arm64 are little-endian. */
export function endianness(): 'LE' {
  return 'LE';
}
