/** What a system call answers: its result, or minus errno. */
type Answer = number;

/** [dev, ino, mode, uid, size, rdev] */
export type Status = readonly [bigint, bigint, number, number, number, number];

/** The functions of the C host, src/native; each file's contracts stand there. */
export type Host = {
  readonly open: (path: string, flags: number, mode: number) => Answer;
  readonly close: (fd: number) => Answer;
  readonly read: (fd: number, bytes: Uint8Array) => Answer;
  readonly write: (fd: number, bytes: Uint8Array) => Answer;
  readonly ftruncate: (fd: number, length: number) => Answer;
  readonly mkdir: (path: string, mode: number) => Answer;
  readonly unlink: (path: string) => Answer;
  readonly rename: (from: string, to: string) => Answer;
  readonly stat: (path: string, followLinks: boolean) => Answer | Status;
  readonly fstat: (fd: number) => Answer | Status;
  readonly statfs: (path: string) => Answer;
  readonly readdir: (path: string) => Answer | string[];
  /** By name, from C's headers: O_RDONLY, S_IFMT, ... */
  readonly constants: Readonly<Record<string, number>>;
  readonly errorNumbers: () => Readonly<Record<string, number>>;
  readonly errorWords: (errno: number) => string;
  /** The class whose instances the next three functions make from now on. */
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
  /** [errno, wait status, 0 or 1 for the time or 2 for the output that was too much, stdout, stderr] */
  readonly spawn: (
    file: string,
    argv: readonly string[],
    env: readonly string[],
    input: Uint8Array,
    timeoutMs: number,
    mostBytes: number,
  ) => readonly [number, number, number, Uint8Array, Uint8Array];
};

/** The host defines it before the first module is evaluated. */
export const { host } = globalThis as unknown as { readonly host: Host };
