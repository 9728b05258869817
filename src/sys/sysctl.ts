import { readFileSync, writeFileSync } from 'node:fs';
import { onFile, SyscallError } from './libc.ts';
import { traced } from './trace.ts';

/**
 * Reads /proc/sys/`path` without its final newline, for example `net/ipv6/conf/eth0/accept_dad`.
 * Everything below net/ is that of the calling thread's network namespace.
 * Equals `sysctl -n`. Throws SyscallError.
 */
export function readSysctl(path: string): string {
  const file = `/proc/sys/${path}`;
  return onFile(file, () => readFileSync(file, 'utf8')).trimEnd();
}

/** Writes /proc/sys/`path`. Equals `sysctl -w`. Throws SyscallError. */
export function writeSysctl(path: string, value: string | number): void {
  const file = `/proc/sys/${path}`;
  traced(
    () => `write ${value} to "${file}"`,
    () => onFile(file, () => writeFileSync(file, `${value}`, { flag: 'r+' })),
  );
}

/** Writes a setting that a kernel may be built or booted without, net/ipv6/ for example: nothing happens where it is missing. */
export function writeSysctlIfPresent(path: string, value: string | number): void {
  try {
    writeSysctl(path, value);
  } catch (error) {
    if (!(error instanceof SyscallError && error.code === 'ENOENT')) throw error;
  }
}
