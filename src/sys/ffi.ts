import { bindFunctions } from '#ffi';
import type { ArgumentType, Signatures } from './ffi-types.ts';

/** The functions of the signatures. Each returns its result, or minus errno when C returned -1, like a kernel system call. */
export type Libc<S extends Signatures> = {
  readonly [Name in keyof S]: (...args: Arguments<S[Name]>) => number;
};

type Arguments<T extends readonly ArgumentType[]> = {
  [Index in keyof T]: { i32: number; size: number; buffer: Buffer; function: string }[T[Index]];
};

/** Binds functions of the C library. A missing symbol throws here or at the first call. */
export function bindLibc<const S extends Signatures>(signatures: S): Libc<S> {
  return bindFunctions(signatures) as unknown as Libc<S>;
}
