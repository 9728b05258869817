/** The answer of a system call: its result, or minus errno. */
type Answer = number;

/** [dev, ino, mode, uid, size, rdev] */
export type Status = readonly [bigint, bigint, number, number, number, number];

/** The functions of the C host. The files of src/native have their contracts. */
export type Host = {
  readonly open: (path: string, flags: number, mode: number) => Answer;
  readonly close: (fd: number) => Answer;
  readonly read: (fd: number, bytes: Uint8Array) => Answer;
  readonly write: (fd: number, bytes: Uint8Array) => Answer;
  readonly fchmod: (fd: number, mode: number) => Answer;
  readonly mkdir: (path: string, mode: number) => Answer;
  readonly unlink: (path: string) => Answer;
  readonly rename: (from: string, to: string) => Answer;
  readonly stat: (path: string, followLinks: boolean) => Answer | Status;
  readonly fstat: (fd: number) => Answer | Status;
  readonly statfs: (path: string) => Answer;
  readonly readdir: (path: string) => Answer | string[];
  /** Constants of the C headers by name: O_RDONLY, S_IFMT, ... */
  readonly constants: Readonly<Record<string, number>>;
  readonly errorNumbers: () => Readonly<Record<string, number>>;
  readonly errorWords: (errno: number) => string;
  /** Sets the class of the results of the next three functions. */
  readonly defineBuffer: (buffer: typeof Uint8Array, uint8Array: typeof Uint8Array) => void;
  readonly alloc: (length: number) => Uint8Array;
  readonly bufferOf: (value: ArrayLike<number> | ArrayBufferLike) => Uint8Array;
  readonly encode: (text: string) => Uint8Array;
  readonly byteLength: (text: string) => number;
  readonly decode: (bytes: Uint8Array, start?: number, end?: number) => string;
  /** performance.now() and performance.timeOrigin. */
  readonly now: () => number;
  readonly timeOrigin: () => number;
  readonly env: () => Record<string, string>;
  readonly argv: () => string[];
  readonly cwd: () => Answer | string;
  readonly pid: () => number;
  readonly euid: () => number;
  readonly kill: (pid: number, signal: number) => Answer;
  readonly sleep: (milliseconds: number) => void;
  readonly _exit: (code: number) => never;
  readonly alarmAt: (signal: number) => Answer;
  /** Returns [errno, wait status, limit, stdout, stderr]. `limit` is 0, 1 after `timeoutMs`, or 2 after `mostBytes` of output. */
  readonly spawn: (
    file: string,
    argv: readonly string[],
    env: readonly string[],
    input: Uint8Array,
    timeoutMs: number,
    mostBytes: number,
  ) => readonly [number, number, number, Uint8Array, Uint8Array];
};

/** The C host defines this object before it evaluates the first module. */
export const { host } = globalThis as unknown as { readonly host: Host };
