import { bindFunctions } from '#ffi';
import type { ArgumentType, Signatures } from './ffi-types.ts';

/** Callable functions: each gives its result, or minus errno where C has -1, as the kernel itself answers. */
export type Libc<S extends Signatures> = {
  readonly [Name in keyof S]: (...args: Arguments<S[Name]>) => number;
};

type Arguments<T extends readonly ArgumentType[]> = {
  [Index in keyof T]: { i32: number; size: number; buffer: Buffer; function: string }[T[Index]];
};

/** C functions of this process. Nothing is loaded before the first call; a missing symbol throws then at the latest. */
export function bindLibc<const S extends Signatures>(signatures: S): Libc<S> {
  return bindFunctions(signatures) as unknown as Libc<S>;
}
