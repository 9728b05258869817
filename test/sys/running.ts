import { existsSync } from 'node:fs';

/** Whether there is a process of that number, one that has ended and was not waited for included. */
export function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
