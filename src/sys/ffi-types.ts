/**
 * The type of a C argument. `i32` is an int, `size` a size_t or unsigned long, `buffer` the address of the buffer's first
 * byte. `function` is the address of the C function with that name, which must also have a signature.
 */
export type ArgumentType = 'i32' | 'size' | 'buffer' | 'function';

/** The argument types of each function. Every function returns an int, or a ssize_t that fits into an int. */
export type Signatures = Readonly<Record<string, readonly ArgumentType[]>>;

export type Argument = number | Buffer | string;

/** The functions by name. Each returns its result, or minus errno when C returned -1. */
export type Functions = Readonly<Record<string, (...args: readonly Argument[]) => number>>;

/** Calls the function with that name. */
export type Call = (name: string, args: readonly Argument[]) => number;
