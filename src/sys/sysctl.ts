import { readFileSync, writeFileSync } from 'node:fs';
import { onFile, SyscallError } from './libc.ts';
import { traced } from './trace.ts';

/**
 * Reads /proc/sys/`path` without its final newline, as `sysctl -n` does, for example `net/ipv6/conf/eth0/accept_dad`.
 * Files below net/ belong to the calling thread's network namespace.
 * @throws SyscallError
 */
export function readSysctl(path: string): string {
  const file = `/proc/sys/${path}`;
  return onFile(file, () => readFileSync(file, 'utf8')).trimEnd();
}

/** Writes /proc/sys/`path`, as `sysctl -w` does. @throws SyscallError */
export function writeSysctl(path: string, value: string | number): void {
  const file = `/proc/sys/${path}`;
  traced(
    () => `write ${value} to "${file}"`,
    () => onFile(file, () => writeFileSync(file, `${value}`, { flag: 'r+' })),
  );
}

/** Like `writeSysctl`, but does nothing when the file does not exist: a kernel may lack net/ipv6/, for example. */
export function writeSysctlIfPresent(path: string, value: string | number): void {
  try {
    writeSysctl(path, value);
  } catch (error) {
    if (!(error instanceof SyscallError && error.code === 'ENOENT')) throw error;
  }
}
