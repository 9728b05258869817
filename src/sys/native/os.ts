import { host } from './host.ts';

// What the program and its packages use of node:os.

export const constants = { errno: host.errorNumbers() };

/** The name of each error number. */
export const ERROR_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, errno]) => [errno, name]),
);

/** Both processors that there are executables for. */
export function endianness(): 'LE' {
  return 'LE';
}
