import { readdirSync, readFileSync } from 'node:fs';
import { bindLibc } from './ffi.ts';

// linux/prctl.h
const PR_SET_CHILD_SUBREAPER = 36;

/** More than any honest program has of children of children. */
const MAX_ROUNDS = 100;

const libc = bindLibc({ prctl: ['i32', 'size'], waitpid: ['i32', 'size', 'i32'] });

/** A process as proc_pid_stat(5) has it. */
type Process = {
  readonly pid: number;
  readonly parent: number;
  /** Pid and time of start, which no other process has until the next boot. */
  readonly id: string;
};

/** What tells this process from all others of this boot; `undefined` without /proc. */
export function processId(): string | undefined {
  return readProcess('self')?.id;
}

/** The same of its parent, the parent's parent and so on; none without /proc. */
export function ancestorIds(): readonly string[] {
  const ids: string[] = [];
  let ancestor = readProcess(readProcess('self')?.parent ?? 0);
  while (ancestor !== undefined) {
    ids.push(ancestor.id);
    ancestor = readProcess(ancestor.parent);
  }
  return ids;
}

/** prctl(2): from now on a descendant of this process whose parent ends becomes a child of this process, and not of init. */
export function adoptOrphans(): void {
  libc.prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/** Kills all children of this process, then those that it adopts from them, and so on. Without /proc there are none to be seen. */
export function killDescendants(): void {
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const children = childPids();
    if (children.length === 0) return;
    // The children of a process are adopted before waitpid(2) tells of its end.
    for (const pid of children.filter(kill)) libc.waitpid(pid, 0, 0);
  }
}

function childPids(): readonly number[] {
  // The /proc of another PID namespace has other numbers.
  if (readProcess('self')?.pid !== process.pid) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(name) ?? [])
    .filter(({ parent }) => parent === process.pid)
    .map(({ pid }) => pid);
}

/** @returns whether the process may be killed */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** `undefined` for a process that has ended, and without /proc. */
function readProcess(pid: number | string): Process | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields 3 and up: the name, in parentheses before them, may hold white space and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const number = Number.parseInt(text, 10);
    return { pid: number, parent: Number(fields[4 - 3]), id: `${number}:${fields[22 - 3]}` };
  } catch {
    return undefined;
  }
}
