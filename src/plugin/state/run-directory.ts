import { currentNetnsId } from '../../sys/netns.ts';
import {
  listPrivateFiles,
  readPrivateFile,
  removePrivateFile,
  writePrivateFile,
} from '../../sys/private-directory.ts';

/**
 * The directory of the files that outlive a call: locks and records. It stands in /run, so that the files go when the kernel's own
 * state goes: when the machine restarts.
 */
export type RunDirectory = {
  readonly path: string;
  /** Start of the name of each file that is about the current network namespace. */
  readonly prefix: string;
};

/** The directory as the calling thread's network namespace uses it; made when a file is written. @throws SyscallError */
export function openRunDirectory(path: string): RunDirectory {
  return { path, prefix: `${currentNetnsId()}-` };
}

/** The path of a file, for a lock. @param name without the prefix */
export function runFilePath({ path, prefix }: RunDirectory, name: string): string {
  return `${path}/${prefix}${name}`;
}

/** Writes a file, whole or not at all. @param name without the prefix. @throws SyscallError, UntrustedFile */
export function writeRunFile({ path, prefix }: RunDirectory, name: string, text: string): void {
  writePrivateFile(path, `${prefix}${name}`, text);
}

/** Its text; `undefined` when there is none. @param name without the prefix. @throws SyscallError, UntrustedFile */
export function readRunFile({ path, prefix }: RunDirectory, name: string): string | undefined {
  return readPrivateFile(path, `${prefix}${name}`);
}

/** The names without the prefix, of this network namespace alone. @param suffix the end of the names. @throws SyscallError, UntrustedFile */
export function listRunFiles({ path, prefix }: RunDirectory, suffix: string): readonly string[] {
  const own = listPrivateFiles(path).filter((name) => name.startsWith(prefix) && name.endsWith(suffix));
  return own.map((name) => name.slice(prefix.length));
}

/** Removes a file; one that does not exist is no error. @param name without the prefix. @throws SyscallError */
export function removeRunFile({ path, prefix }: RunDirectory, name: string): void {
  removePrivateFile(path, `${prefix}${name}`);
}
