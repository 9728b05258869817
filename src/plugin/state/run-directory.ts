import { currentNetnsId } from '../../sys/netns.ts';
import {
  listPrivateFiles,
  readPrivateFile,
  removePrivateFile,
  writePrivateFile,
} from '../../sys/private-directory.ts';

/**
 * The directory of locks and records. It is in /run: a reboot removes the files together with the links and rules that they describe.
 */
export type RunDirectory = {
  readonly path: string;
  /** The start of each file name of the current network namespace. */
  readonly prefix: string;
};

/** Makes the RunDirectory of the calling thread's network namespace. The first write creates the directory. @throws SyscallError */
export function openRunDirectory(path: string): RunDirectory {
  return { path, prefix: `${currentNetnsId()}-` };
}

/** Returns the path of a lock file. @param name without the prefix */
export function runFilePath({ path, prefix }: RunDirectory, name: string): string {
  return `${path}/${prefix}${name}`;
}

/** Writes a file atomically. @param name without the prefix. @throws SyscallError, UntrustedFile */
export function writeRunFile({ path, prefix }: RunDirectory, name: string, text: string): void {
  writePrivateFile(path, `${prefix}${name}`, text);
}

/** Reads a file; `undefined` when it does not exist. @param name without the prefix. @throws SyscallError, UntrustedFile */
export function readRunFile({ path, prefix }: RunDirectory, name: string): string | undefined {
  return readPrivateFile(path, `${prefix}${name}`);
}

/**
 * Lists the files of this network namespace by their names without the prefix.
 * @param suffix the end of the names
 * @throws SyscallError, UntrustedFile
 */
export function listRunFiles({ path, prefix }: RunDirectory, suffix: string): readonly string[] {
  const own = listPrivateFiles(path).filter((name) => name.startsWith(prefix) && name.endsWith(suffix));
  return own.map((name) => name.slice(prefix.length));
}

/** Removes a file; a missing file is no error. @param name without the prefix. @throws SyscallError */
export function removeRunFile({ path, prefix }: RunDirectory, name: string): void {
  removePrivateFile(path, `${prefix}${name}`);
}
