import type { Argument, Call, Functions, Signatures } from './ffi-types.ts';

/** Functions of which none is loaded before the first call of one. */
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
