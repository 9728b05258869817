import { Buffer } from './buffer.ts';
import { host, type Status } from './host.ts';
import { ERROR_NAMES, constants as osConstants } from './os.ts';

// The part of node:fs that the program uses, with the errors of Node.

export const { constants } = host;

const FLAGS: Readonly<Record<string, readonly string[]>> = {
  r: ['O_RDONLY'],
  'r+': ['O_RDWR'],
  w: ['O_WRONLY', 'O_CREAT', 'O_TRUNC'],
  wx: ['O_WRONLY', 'O_CREAT', 'O_EXCL', 'O_TRUNC'],
};
const CHUNK_BYTES = 8192;

/** Node's error of a system call. Its `errno` is negative. */
class FileError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly syscall: string;

  constructor(syscall: string, errno: number, path?: string) {
    const code = ERROR_NAMES.get(errno) ?? `E${errno}`;
    const words = host.errorWords(errno);
    const object = path === undefined ? '' : ` '${path}'`;
    super(`${code}: ${words.charAt(0).toLowerCase()}${words.slice(1)}, ${syscall}${object}`);
    this.errno = -errno;
    this.code = code;
    this.syscall = syscall;
  }
}

/** Node's Stats without the times. */
export class Stats {
  readonly dev: number | bigint;
  readonly ino: number | bigint;
  readonly mode: number;
  readonly uid: number;
  readonly size: number;
  readonly rdev: number;

  constructor([dev, ino, mode, uid, size, rdev]: Status, { bigint = false } = {}) {
    this.dev = bigint ? dev : Number(dev);
    this.ino = bigint ? ino : Number(ino);
    this.mode = mode;
    this.uid = uid;
    this.size = size;
    this.rdev = rdev;
  }

  isFile(): boolean {
    return this.#isOfType('S_IFREG');
  }

  isDirectory(): boolean {
    return this.#isOfType('S_IFDIR');
  }

  #isOfType(type: string): boolean {
    return (this.mode & (constants.S_IFMT ?? 0)) === constants[type];
  }
}

export function openSync(path: string, flags: number | string = 'r', mode = 0o666): number {
  return check('open', host.open(path, typeof flags === 'string' ? parseFlags(flags) : flags, mode), path);
}

export function closeSync(fd: number): void {
  check('close', host.close(fd));
}

export function readSync(fd: number, bytes: Uint8Array): number {
  return check('read', host.read(fd, bytes));
}

export function writeSync(fd: number, bytes: Uint8Array): number {
  return check('write', host.write(fd, bytes));
}

export function fchmodSync(fd: number, mode: number): void {
  check('fchmod', host.fchmod(fd, mode));
}

export function mkdirSync(path: string, { mode = 0o777 } = {}): void {
  check('mkdir', host.mkdir(path, mode), path);
}

export function unlinkSync(path: string): void {
  check('unlink', host.unlink(path), path);
}

export function renameSync(from: string, to: string): void {
  check('rename', host.rename(from, to), from);
}

export function readdirSync(path: string): string[] {
  return check('scandir', host.readdir(path), path);
}

export function fstatSync(fd: number, options?: { bigint?: boolean }): Stats {
  return new Stats(check('fstat', host.fstat(fd)), options);
}

type StatOptions = { bigint?: boolean; throwIfNoEntry?: boolean };

export function statSync(path: string, options?: StatOptions): Stats | undefined {
  return findStats('stat', host.stat(path, true), path, options);
}

export function lstatSync(path: string, options?: StatOptions): Stats | undefined {
  return findStats('lstat', host.stat(path, false), path, options);
}

export function statfsSync(path: string): { type: number } {
  return { type: check('statfs', host.statfs(path), path) };
}

export function readFileSync(file: string | number): string {
  if (typeof file === 'number') return readToEnd(file);
  const fd = openSync(file);
  try {
    return readToEnd(fd);
  } finally {
    closeSync(fd);
  }
}

export function writeFileSync(path: string, text: string, { mode = 0o666, flag = 'w' } = {}): void {
  const fd = openSync(path, flag, mode);
  try {
    let rest = Buffer.from(text).subarray();
    while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest));
  } finally {
    closeSync(fd);
  }
}

function parseFlags(flags: string): number {
  return (FLAGS[flags] ?? []).reduce((sum, name) => sum | (constants[name] ?? 0), constants.O_CLOEXEC ?? 0);
}

function readToEnd(fd: number): string {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const count = readSync(fd, chunk);
    if (count === 0) return Buffer.concat(chunks).toString();
    chunks.push(chunk.subarray(0, count));
  }
}

function findStats(syscall: string, found: number | Status, path: string, options: StatOptions = {}) {
  const { throwIfNoEntry = true } = options;
  const { ENOENT, ENOTDIR } = osConstants.errno;
  if (!throwIfNoEntry && typeof found === 'number' && (-found === ENOENT || -found === ENOTDIR))
    return undefined;
  return new Stats(check(syscall, found, path), options);
}

function check<T>(syscall: string, answer: number | T, path?: string): T;
function check(syscall: string, answer: number, path?: string): number;
function check(syscall: string, answer: unknown, path?: string): unknown {
  if (typeof answer === 'number' && answer < 0) throw new FileError(syscall, -answer, path);
  return answer;
}
