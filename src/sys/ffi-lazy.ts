import type { Argument, Call, Functions, Signatures } from './ffi-types.ts';

/** Binds the functions. The first call of any of them loads all. */
export function bindLazily(signatures: Signatures, load: (signatures: Signatures) => Call): Functions {
  let loaded: Call | undefined;
  const call: Call = (name, args) => {
    loaded ??= load(signatures);
    return loaded(name, args);
  };
  const functions = Object.keys(signatures).map((name) => [
    name,
    (...args: readonly Argument[]) => call(name, args),
  ]);
  return Object.fromEntries(functions);
}
