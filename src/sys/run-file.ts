import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { O_CLOEXEC, onFile, SyscallError } from './libc.ts';
import { ensureOwnDirectory, hasOwnDirectory, requireOwnFile } from './lock.ts';

/** Where the plugin keeps what must live exactly as long as the kernel's own state: until the machine restarts. */
export const RUN_DIRECTORY = '/run/vlan-bridge';

/** Writes a small file, whole or not at all. @throws SyscallError, UntrustedFile */
export function writeRunFile(name: string, text: string): void {
  ensureOwnDirectory(RUN_DIRECTORY);
  const path = `${RUN_DIRECTORY}/${name}`;
  const asideName = `${name}.${process.pid}`;
  const aside = `${RUN_DIRECTORY}/${asideName}`;
  // A killed process of the same number may have left one.
  removeRunFile(asideName);
  try {
    onFile(aside, () => writeFileSync(aside, text, { mode: 0o600, flag: 'wx' }));
    onFile(path, () => renameSync(aside, path));
  } catch (error) {
    removeRunFile(asideName);
    throw error;
  }
}

/** Its text; `undefined` when there is none of that name. @throws SyscallError, UntrustedFile */
export function readRunFile(name: string): string | undefined {
  if (!hasOwnDirectory(RUN_DIRECTORY)) return undefined;
  const path = `${RUN_DIRECTORY}/${name}`;
  return ifPresent(() => onFile(path, () => readOwnFile(path)));
}

/** The names of all files that end in this. @throws SyscallError, UntrustedFile */
export function listRunFiles(suffix: string): readonly string[] {
  if (!hasOwnDirectory(RUN_DIRECTORY)) return [];
  const names = ifPresent(() => onFile(RUN_DIRECTORY, () => readdirSync(RUN_DIRECTORY)));
  return (names ?? []).filter((name) => name.endsWith(suffix));
}

/** Removes it; none of that name is no error. @throws SyscallError */
export function removeRunFile(name: string): void {
  const path = `${RUN_DIRECTORY}/${name}`;
  ifPresent(() => onFile(path, () => unlinkSync(path)));
}

function readOwnFile(path: string): string {
  // O_NONBLOCK: opening a fifo would otherwise wait for a writer.
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
