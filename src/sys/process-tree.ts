import { readdirSync, readFileSync } from 'node:fs';
import { bindLibc } from './ffi.ts';

// linux/prctl.h
const PR_SET_CHILD_SUBREAPER = 36;

/** Deeper than the process tree of a legitimate program. */
const MAX_ROUNDS = 100;

const libc = bindLibc({ prctl: ['i32', 'size'], waitpid: ['i32', 'size', 'i32'] });

/** A process by proc_pid_stat(5). */
type Process = {
  readonly pid: number;
  readonly parent: number;
  /** PID and start time: no other process has the same until the next boot. */
  readonly id: string;
};

/** Returns the ID of this process, unique until the next boot; `undefined` without /proc. */
export function processId(): string | undefined {
  return readProcess('self')?.id;
}

/** Lists the IDs of the parent, the parent's parent and so on; none without /proc. */
export function ancestorIds(): readonly string[] {
  const ids: string[] = [];
  let ancestor = readProcess(readProcess('self')?.parent ?? 0);
  while (ancestor !== undefined) {
    ids.push(ancestor.id);
    ancestor = readProcess(ancestor.parent);
  }
  return ids;
}

/** prctl(2), PR_SET_CHILD_SUBREAPER: an orphaned descendant becomes a child of this process instead of init. */
export function adoptOrphans(): void {
  libc.prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/** Kills all children of this process, then the orphans that it adopts from them, and so on. Does nothing without /proc. */
export function killDescendants(): void {
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const children = childPids();
    if (children.length === 0) return;
    // The kernel reparents the children of a process before waitpid(2) returns its end.
    for (const pid of children.filter(kill)) libc.waitpid(pid, 0, 0);
  }
}

function childPids(): readonly number[] {
  // A /proc of another PID namespace has other PIDs: this function would kill the wrong processes.
  if (readProcess('self')?.pid !== process.pid) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(name) ?? [])
    .filter(({ parent }) => parent === process.pid)
    .map(({ pid }) => pid);
}

/** Sends SIGKILL. @returns false when this process may not kill it, or when it has ended */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** Reads a process; `undefined` when it has ended or without /proc. */
function readProcess(pid: number | string): Process | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 2, the name in parentheses, may itself have white space and parentheses: split after the last ")".
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const number = Number.parseInt(text, 10);
    return { pid: number, parent: Number(fields[4 - 3]), id: `${number}:${fields[22 - 3]}` };
  } catch {
    return undefined;
  }
}
