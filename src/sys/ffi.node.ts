import type { DynamicLibrary } from 'node:ffi';

/** `i32` is a C int, `size` a size_t or unsigned long, `buffer` the address of the buffer's first byte. */
export type ArgumentType = 'i32' | 'size' | 'buffer';

/** The arguments of each function; all of them return an int, or a ssize_t that fits into one. */
export type Signatures = Readonly<Record<string, readonly ArgumentType[]>>;

/** Callable functions: the result, or minus errno when the function returned -1, as the kernel itself answers. */
export type Libc<S extends Signatures> = {
  readonly [Name in keyof S]: (...args: Arguments<S[Name]>) => number;
};

type Arguments<T extends readonly ArgumentType[]> = {
  [Index in keyof T]: T[Index] extends 'buffer' ? Buffer : number;
};

/** C functions of this process by node:ffi. Nothing is loaded before the first call; a missing symbol throws then. */
export function bindLibc<const S extends Signatures>(signatures: S): Libc<S> {
  let bound: Bound | undefined;
  const call = (name: string, args: readonly Argument[]): number => {
    bound ??= bind(signatures);
    return bound(name, args);
  };
  const functions = Object.keys(signatures).map((name) => [
    name,
    (...args: readonly Argument[]) => call(name, args),
  ]);
  return Object.fromEntries(functions);
}

type Argument = number | Buffer;
type Bound = (name: string, args: readonly Argument[]) => number;

const NATIVE_TYPES = { i32: 'i32', size: 'u64', buffer: 'buffer' } as const;

function bind(signatures: Signatures): Bound {
  const { DynamicLibrary, getInt32 } = process.getBuiltinModule('node:ffi');
  const library = new DynamicLibrary(null);
  const functions = new Map(
    Object.entries(signatures).map(([name, types]) => [name, bindFunction(library, name, types)]),
  );
  // Looked up before the first call: a look-up between a call and the reading of errno could change errno.
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
  return (args: readonly Argument[]): number =>
    native(...args.map((arg, index) => (types[index] === 'size' ? BigInt(arg as number) : arg)));
}
