import type { DynamicLibrary } from 'node:ffi';
import { bindLazily } from './ffi-lazy.ts';
import type { Argument, ArgumentType, Call, Functions, Signatures } from './ffi-types.ts';

const NATIVE_TYPES = { i32: 'i32', size: 'u64', buffer: 'buffer', function: 'pointer' } as const;

/** Binds functions of the C library with node:ffi. The first call throws an Error when a symbol is missing. */
export function bindFunctions(signatures: Signatures): Functions {
  return bindLazily(signatures, loadFunctions);
}

function loadFunctions(signatures: Signatures): Call {
  const { DynamicLibrary, getInt32 } = process.getBuiltinModule('node:ffi');
  const library = new DynamicLibrary(null);
  const functions = new Map(
    Object.entries(signatures).map(([name, types]) => [name, bindFunction(library, name, types)]),
  );
  // Find the symbol before the first call: a search between a call and the read of errno could change errno.
  const errnoLocation = library.getFunction('__errno_location', {
    arguments: [],
    return: 'pointer',
  });
  return (name, args) => {
    const result = functions.get(name)?.(args);
    if (result === -1) return -getInt32(errnoLocation());
    if (result === undefined) throw new Error(`C function "${name}" has no signature`);
    return result;
  };
}

function bindFunction(library: DynamicLibrary, name: string, types: readonly ArgumentType[]) {
  const native = library.getFunction(name, {
    arguments: types.map((type) => NATIVE_TYPES[type]),
    return: 'i32',
  });
  const passed = (arg: Argument, index: number) => {
    if (typeof arg === 'string') return library.getSymbol(arg);
    return types[index] === 'size' ? BigInt(arg as number) : arg;
  };
  return (args: readonly Argument[]): number => native(...args.map(passed));
}
