/**
 * `i32` is a C int, `size` a size_t or unsigned long, `buffer` the address of the buffer's first byte, `function` the address of the
 * C function of that name, which must have a signature too.
 */
export type ArgumentType = 'i32' | 'size' | 'buffer' | 'function';

/** The arguments of each function; all of them return an int, or a ssize_t that fits into one. */
export type Signatures = Readonly<Record<string, readonly ArgumentType[]>>;

export type Argument = number | Buffer | string;

/** By name: each gives its result, or minus errno where C has -1. */
export type Functions = Readonly<Record<string, (...args: readonly Argument[]) => number>>;

/** Calls the function of that name. */
export type Call = (name: string, args: readonly Argument[]) => number;
