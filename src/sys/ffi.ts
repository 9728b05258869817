import { loadFunctions } from '#ffi';

/**
 * `i32` is a C int, `size` a size_t or unsigned long, `buffer` the address of the buffer's first byte, `function` the address of the
 * C function of that name, which must have a signature too.
 */
export type ArgumentType = 'i32' | 'size' | 'buffer' | 'function';

/** The arguments of each function; all of them return an int, or a ssize_t that fits into one. */
export type Signatures = Readonly<Record<string, readonly ArgumentType[]>>;

export type Argument = number | Buffer | string;

/** Calls the function of that name: the result, or minus errno when it returned -1, as the kernel itself answers. */
export type Call = (name: string, args: readonly Argument[]) => number;

/** Callable functions, which answer as `Call` does. */
export type Libc<S extends Signatures> = {
  readonly [Name in keyof S]: (...args: Arguments<S[Name]>) => number;
};

type Arguments<T extends readonly ArgumentType[]> = {
  [Index in keyof T]: { i32: number; size: number; buffer: Buffer; function: string }[T[Index]];
};

/** C functions of this process. Nothing is loaded before the first call; a missing symbol throws then. */
export function bindLibc<const S extends Signatures>(signatures: S): Libc<S> {
  let loaded: Call | undefined;
  const call: Call = (name, args) => {
    loaded ??= loadFunctions(signatures);
    return loaded(name, args);
  };
  const functions = Object.keys(signatures).map((name) => [
    name,
    (...args: readonly Argument[]) => call(name, args),
  ]);
  return Object.fromEntries(functions);
}
