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
