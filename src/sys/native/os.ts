import { host } from './host.ts';

// What the program and its packages use of node:os.

export const constants = { errno: host.errorNumbers() };

/** Both processors that there are executables for. */
export function endianness(): 'LE' {
  return 'LE';
}
