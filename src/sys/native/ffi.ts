import type { Call } from '../ffi-types.ts';
import { host } from './host.ts';

type Functions = Readonly<Record<string, (...args: readonly unknown[]) => number>>;

/** The functions of the C host by their names in the C library. */
export function loadFunctions(): Call {
  const functions = {
    ...host,
    signal: (signal: number, _handler: 'alarm') => host.alarmAt(signal),
    __xpg_strerror_r: (errno: number, bytes: Uint8Array) => {
      bytes.set(host.encode(host.errorWords(errno)));
      return 0;
    },
  } as unknown as Functions;
  return (name, args) => {
    const call = functions[name];
    if (call === undefined) throw new Error(`the host has no function "${name}"`);
    return call(...args);
  };
}
