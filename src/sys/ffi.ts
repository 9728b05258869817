import { loadFunctions } from '#ffi';
import type { Argument, ArgumentType, Call, Signatures } from './ffi-types.ts';

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
