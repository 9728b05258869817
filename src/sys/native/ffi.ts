import type { Functions, Signatures } from '../ffi-types.ts';
import { host } from './host.ts';

const FUNCTIONS = {
  ...host,
  signal: (signal: number, _handler: 'alarm') => host.alarmAt(signal),
  // `alarm` is only the handler of `signal`, so host.alarmAt needs no function.
  alarm: undefined,
  __xpg_strerror_r: (errno: number, bytes: Uint8Array) => {
    bytes.set(host.encode(host.errorWords(errno)));
    return 0;
  },
};

/** Returns the functions of the C host by their names in the C library. @throws Error when the host lacks a name */
export function bindFunctions(signatures: Signatures): Functions {
  for (const name of Object.keys(signatures))
    if (!(name in FUNCTIONS)) throw new Error(`the host has no function "${name}"`);
  return FUNCTIONS as unknown as Functions;
}
