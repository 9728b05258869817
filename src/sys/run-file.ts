import { readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { onFile, SyscallError } from './libc.ts';
import { ensureOwnDirectory } from './lock.ts';

/** Where the plugin keeps what must live exactly as long as the kernel's own state: until the machine restarts. */
export const RUN_DIRECTORY = '/run/vlan-bridge';

/** Writes a small file, whole or not at all. @throws SyscallError */
export function writeRunFile(name: string, text: string): void {
  ensureOwnDirectory(RUN_DIRECTORY);
  const path = `${RUN_DIRECTORY}/${name}`;
  const aside = `${path}.${process.pid}`;
  onFile(aside, () => writeFileSync(aside, text, { mode: 0o600 }));
  onFile(path, () => renameSync(aside, path));
}

/** Its text; `undefined` when there is none of that name. @throws SyscallError */
export function readRunFile(name: string): string | undefined {
  const path = `${RUN_DIRECTORY}/${name}`;
  return ifPresent(() => onFile(path, () => readFileSync(path, 'utf8')));
}

/** The names of all files that end in this. @throws SyscallError */
export function listRunFiles(suffix: string): readonly string[] {
  const names = ifPresent(() => onFile(RUN_DIRECTORY, () => readdirSync(RUN_DIRECTORY)));
  return (names ?? []).filter((name) => name.endsWith(suffix));
}

/** Removes it; none of that name is no error. @throws SyscallError */
export function removeRunFile(name: string): void {
  const path = `${RUN_DIRECTORY}/${name}`;
  ifPresent(() => onFile(path, () => unlinkSync(path)));
}

function ifPresent<T>(fn: () => T): T | undefined {
  try {
    return fn();
  } catch (error) {
    if (error instanceof SyscallError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
