import { call, type Pod } from './pod.ts';
import { traceCalls } from './strace.ts';

/** The actions of a call, from strace and from the plugin's own trace. */
export type Watched = {
  readonly stdout: string;
  /** The requests to the kernel in order, in the words of the trace, without those made while waiting for an event. */
  readonly requests: readonly string[];
  /** How many bytes the kernel sent back for each of these requests. */
  readonly received: readonly number[];
  /** How often it waited for an event. */
  readonly waits: number;
  /** How many messages it sent to netlink: each is a round trip. */
  readonly roundTrips: number;
  /** The opened files, in order. */
  readonly opened: readonly string[];
  /** The started executables, the plugin first. */
  readonly started: readonly string[];
  /** How many processes it forked. */
  readonly forks: number;
};

const CALLS = 'sendto,recvfrom,open,openat,execve,execveat,clone,clone3,fork,vfork';
const OPTIONS = ['--seccomp-bpf', '--follow-forks', '-s', '4096', `--trace=${CALLS}`];

/** Calls the plugin for this pod under strace and with its trace on; it must succeed. */
export async function watch(verb: string, pod: Pod, config: object): Promise<Watched> {
  const env = { VLAN_BRIDGE_TRACE: '1' };
  const { output, lines } = await traceCalls(OPTIONS, (by) => call(verb, pod, config, { by, env }));
  const { exitCode, stdout, stderr } = output;
  if (exitCode !== 0) throw new Error(`${verb} failed with exit code ${exitCode}: ${stdout}${stderr}`);
  const { answers, ...calls } = callsOf(lines);
  const { isWaited, ...trace } = traceOf(stderr);
  return { stdout, ...trace, ...calls, received: answers.filter((_bytes, index) => !isWaited[index]) };
}

/**
 * While the plugin waits for an event, it makes a request after each event, so their number depends on the kernel. `isWaited` marks
 * these requests.
 */
function traceOf(
  stderr: string,
): Pick<Watched, 'requests' | 'waits'> & { readonly isWaited: readonly boolean[] } {
  const steps = Array.from(stderr.matchAll(/^ *[\d.]+ ms +[\d.]* {2}(.*)$/gm), ([, what = '']) => what);
  const isWait = (what: string | undefined): boolean => what === 'wait for an event';
  const asked = steps.flatMap((what, index) =>
    what.startsWith('netlink: ') ? [{ what, waited: isWait(steps[index - 1]) }] : [],
  );
  return {
    requests: asked.flatMap(({ what, waited }) => (waited ? [] : [what.slice('netlink: '.length)])),
    isWaited: asked.map(({ waited }) => waited),
    waits: steps.filter(isWait).length,
  };
}

function callsOf(
  lines: readonly string[],
): Pick<Watched, 'roundTrips' | 'opened' | 'started' | 'forks'> & { readonly answers: readonly number[] } {
  const calls = lines.map((line) => line.replace(/^\d+ +/, ''));
  const matches = (pattern: RegExp): readonly string[] =>
    calls.flatMap((call) => {
      const found = pattern.exec(call);
      return found === null ? [] : [found[1] ?? ''];
    });
  return {
    roundTrips: matches(/^sendto\(.*sa_family=AF_NETLINK/).length,
    opened: matches(/^open(?:at)?\((?:AT_FDCWD, )?"([^"]*)"/),
    started: matches(/^execve(?:at)?\(.*?"([^"]*)"/),
    forks: matches(/^(?:clone3?|v?fork)\((?!.*CLONE_THREAD)/).length,
    answers: answersOf(lines),
  };
}

/** The number of bytes received for each netlink message, on the socket that sent the message. */
function answersOf(lines: readonly string[]): readonly number[] {
  const answers: { readonly socket: string; bytes: number }[] = [];
  const interrupted = new Map<string, string>();
  for (const line of lines) {
    const [, thread = '', call = ''] = /^(\d+)? *(.*)$/.exec(line) ?? [];
    const [, sender] = /^sendto\((\d+),.*sa_family=AF_NETLINK/.exec(call) ?? [];
    if (sender !== undefined) answers.push({ socket: sender, bytes: 0 });
    const [, receiver] = /^recvfrom\((\d+),/.exec(call) ?? [];
    if (receiver !== undefined) interrupted.set(thread, receiver);
    const [, bytes] = /^(?:recvfrom\(|<\.\.\. recvfrom resumed>).* = (\d+)$/.exec(call) ?? [];
    const socket = interrupted.get(thread);
    const answer = answers.findLast((each) => each.socket === socket);
    if (answer !== undefined) answer.bytes += Number(bytes ?? 0);
  }
  return answers.map(({ bytes }) => bytes);
}
