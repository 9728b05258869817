import { type CallPosition, type StartedBy, traceCalls } from '../helpers/strace.ts';

/** A system call of the plugin's own code, and its position in another run of the same command. */
export type SystemCall = CallPosition & {
  /** The call as strace shows it, with its result. */
  readonly shown: string;
};

/** Calls the plugin and lists its own system calls in order. @throws Error when the call fails */
export async function recordCalls(call: StartedBy): Promise<SystemCall[]> {
  const names = [...COUNTED, ...ABOUT_FILES].join(',');
  const { output, lines } = await traceCalls([`--trace=${names}`, '--decode-fds=path', '-s', '256'], call);
  if (output.exitCode !== 0) throw new Error(`the call to record failed: ${output.stdout}`);
  const counts = new Map<string, number>();
  return lines.flatMap((shown) => {
    // Other lines are about signals.
    const name = /^\w+(?=\()/.exec(shown)?.[0];
    if (name === undefined) return [];
    const path = ABOUT_FILES.includes(name) ? fileOf(shown) : undefined;
    const key = `${name} ${path ?? ''}`;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    return isOwn(name, shown, path) ? [{ name, shown, path, nth }] : [];
  });
}

/** Whether strace has changed exactly one call. */
export function isInjected(lines: readonly string[]): boolean {
  return lines.filter(isInjectedLine).length === 1;
}

/** Whether strace has changed the call of the line. */
export function isInjectedLine(line: string | undefined): boolean {
  return line !== undefined && /\(INJECTED[^)]*\)$/.test(line);
}

/** Whether the call received an event instead of a reply. */
export function isEvent({ name, shown }: SystemCall): boolean {
  return name === 'recvfrom' && shown.includes('nlmsg_seq=0,');
}

/** An engine makes a constant number of these calls before our code runs. */
const COUNTED = [
  'socket',
  'setsockopt',
  'bind',
  'sendto',
  'recvfrom',
  'setns',
  'flock',
  'mkdir',
  'unlink',
  'rename',
  'ioctl',
  'statfs',
];

/** An engine makes these calls at unpredictable times, about its own files. */
const ABOUT_FILES = ['open', 'openat', 'read', 'write', 'statx', 'newfstatat', 'getdents64', 'fchmod'];

/** The path argument, or the path of the descriptor. */
function fileOf(shown: string): string | undefined {
  return /^\w+\([^"]*?"(\/[^"]*)"/.exec(shown)?.[1] ?? /^\w+\(\d+<(\/[^>]*)>/.exec(shown)?.[1];
}

const OWN_FILES = /^\/(run\/(netns|vlan-bridge)|proc\/(sys\/net|thread-self))\b/;
const OWN_ARGUMENTS: Readonly<Record<string, RegExp>> = {
  socket: /AF_NETLINK/,
  setsockopt: /SOL_NETLINK|SO_RCVTIMEO/,
  bind: /AF_NETLINK/,
  sendto: /AF_NETLINK/,
  recvfrom: /AF_NETLINK/,
  ioctl: /NS_GET_NSTYPE/,
};

function isOwn(name: string, shown: string, path: string | undefined): boolean {
  if (ABOUT_FILES.includes(name)) return path !== undefined && OWN_FILES.test(path);
  return OWN_ARGUMENTS[name]?.test(shown) ?? true;
}
