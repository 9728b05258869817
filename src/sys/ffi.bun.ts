import { bindLazily } from './ffi-lazy.ts';
import type { Argument, Call, Functions, Signatures } from './ffi-types.ts';

/** A C function; `ptr` is its address. */
type Native = { (...args: readonly Argument[]): number; readonly ptr: number };

/** The part of bun:ffi that this file uses. */
type BunFfi = {
  readonly dlopen: (
    library: string,
    functions: Readonly<Record<string, { readonly args: readonly string[]; readonly returns: string }>>,
  ) => { readonly symbols: Readonly<Record<string, Native>> };
  readonly read: { readonly i32: (address: number, offset: number) => number };
};

/** `u64` accepts numbers up to 2^53. */
const NATIVE_TYPES = { i32: 'i32', size: 'u64', buffer: 'buffer', function: 'ptr' } as const;

/** Binds functions of the C library with bun:ffi. The first call throws an Error when a symbol is missing. */
export function bindFunctions(signatures: Signatures): Functions {
  return bindLazily(signatures, loadFunctions);
}

function loadFunctions(signatures: Signatures): Call {
  const { dlopen, read }: BunFfi = require('bun:ffi');
  const functions = Object.entries(signatures).map(([name, types]) => [
    name,
    { args: types.map((type) => NATIVE_TYPES[type]), returns: 'i32' },
  ]);
  const { symbols } = dlopen('libc.so.6', {
    ...Object.fromEntries(functions),
    __errno_location: { args: [], returns: 'ptr' },
  });
  // Each thread has its own errno. The program runs on one thread, so the address never changes.
  const errnoLocation = symbols.__errno_location?.() ?? 0;
  const find = (name: string): Native => {
    const symbol = symbols[name];
    if (symbol === undefined) throw new Error(`C function "${name}" has no signature`);
    return symbol;
  };
  const passed = (arg: Argument): Argument => (typeof arg === 'string' ? find(arg).ptr : arg);
  return (name, args) => {
    const result = find(name)(...args.map(passed));
    return result === -1 ? -read.i32(errnoLocation, 0) : result;
  };
}
