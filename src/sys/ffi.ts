import { loadFunctions } from '#ffi';
import type { Argument, ArgumentType, Call, Signatures } from './ffi-types.ts';

/** The functions of the signatures. Their results are those of `Call`. */
export type Libc<S extends Signatures> = {
  readonly [Name in keyof S]: (...args: Arguments<S[Name]>) => number;
};

type Arguments<T extends readonly ArgumentType[]> = {
  [Index in keyof T]: { i32: number; size: number; buffer: Buffer; function: string }[T[Index]];
};

/** Binds functions of the C library. The first call loads all of them and throws when a symbol is missing. */
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
