import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { O_CLOEXEC, onFile, SyscallError } from './libc.ts';

/** Another user may have created or can change the file or directory. The plugin neither reads nor writes it. */
export class UntrustedFile extends Error {
  constructor(object: string, problem: string) {
    super(`${object} ${problem}`);
    this.name = 'UntrustedFile';
  }
}

/** Creates a directory that only this user can write, or verifies an existing one. @throws SyscallError, UntrustedFile */
export function ensurePrivateDirectory(directory: string): void {
  if (hasPrivateDirectory(directory)) return;
  onFile(directory, () => {
    try {
      mkdirSync(directory, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  });
  hasPrivateDirectory(directory);
}

/** Writes a small file atomically: a reader sees the old or the new text. @throws SyscallError, UntrustedFile */
export function writePrivateFile(directory: string, name: string, text: string): void {
  ensurePrivateDirectory(directory);
  const path = `${directory}/${name}`;
  const temporaryName = `${name}.${process.pid}`;
  const temporary = `${directory}/${temporaryName}`;
  // A killed process with the same PID may have left its file.
  removePrivateFile(directory, temporaryName);
  try {
    onFile(temporary, () => writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' }));
    onFile(path, () => renameSync(temporary, path));
  } catch (error) {
    removePrivateFile(directory, temporaryName);
    throw error;
  }
}

/** Reads a file; `undefined` when it does not exist. @throws SyscallError, UntrustedFile */
export function readPrivateFile(directory: string, name: string): string | undefined {
  if (!hasPrivateDirectory(directory)) return undefined;
  const path = `${directory}/${name}`;
  return ifPresent(() => onFile(path, () => readOwnFile(path)));
}

/** Lists the names of all files; none when the directory does not exist. @throws SyscallError, UntrustedFile */
export function listPrivateFiles(directory: string): readonly string[] {
  if (!hasPrivateDirectory(directory)) return [];
  return ifPresent(() => onFile(directory, () => readdirSync(directory))) ?? [];
}

/** Removes a file; a missing file is no error. @throws SyscallError */
export function removePrivateFile(directory: string, name: string): void {
  const path = `${directory}/${name}`;
  ifPresent(() => onFile(path, () => unlinkSync(path)));
}

/**
 * Verifies an open file.
 * @param object the words for the message.
 * @throws UntrustedFile when it is not a regular file of this user
 */
export function requireOwnFile(fd: number, object: string): void {
  const found = fstatSync(fd);
  if (!found.isFile()) throw new UntrustedFile(object, 'is not a regular file');
  requireOwn(found, object);
}

/** Whether the directory exists. @throws UntrustedFile when another user owns it or can write to it */
function hasPrivateDirectory(directory: string): boolean {
  const found = onFile(directory, () => lstatSync(directory, { throwIfNoEntry: false }));
  if (found === undefined) return false;
  const object = `lock directory "${directory}"`;
  if (!found.isDirectory()) throw new UntrustedFile(object, 'is not a directory');
  requireOwn(found, object);
  const othersMayWrite = (found.mode & (constants.S_IWGRP | constants.S_IWOTH)) !== 0;
  if (othersMayWrite) throw new UntrustedFile(object, 'is writable by other users');
  return true;
}

function requireOwn({ uid }: Stats, object: string): void {
  if (uid !== process.geteuid?.()) throw new UntrustedFile(object, `belongs to uid ${uid}`);
}

function readOwnFile(path: string): string {
  // Without O_NONBLOCK the open of a fifo waits for a writer.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | O_CLOEXEC);
  try {
    requireOwnFile(fd, `"${path}"`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function ifPresent<T>(fn: () => T): T | undefined {
  try {
    return fn();
  } catch (error) {
    if (error instanceof SyscallError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
