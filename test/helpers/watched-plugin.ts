import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Pod } from './pod.ts';
import { executable } from './run-plugin.ts';

/** What a call did, as strace saw it and as its own trace tells. */
export type Watched = {
  readonly stdout: string;
  /** What its trace calls the requests to the kernel, in order, without those that waiting for an event led to. */
  readonly requests: readonly string[];
  /** How many bytes the kernel sent back for each of these requests. */
  readonly received: readonly number[];
  /** How often it waited for an event. */
  readonly waits: number;
  /** How often it sent something to netlink: each is a round trip. */
  readonly roundTrips: number;
  /** The files that it opened, in order. */
  readonly opened: readonly string[];
  /** The executables that were started, itself first. */
  readonly started: readonly string[];
  /** How many processes it made. */
  readonly forks: number;
};

const TIMEOUT_MS = 60_000;
const CALLS = 'sendto,recvfrom,open,openat,execve,execveat,clone,clone3,fork,vfork';

/** Calls the plugin about this pod under strace and with its trace on; it must succeed. */
export async function watch(verb: string, pod: Pod, config: object): Promise<Watched> {
  const { node, netns, containerId } = pod;
  const folder = mkdtempSync(join(tmpdir(), 'vlan-bridge-watched-'));
  const file = join(folder, 'strace');
  try {
    const strace = ['strace', '--seccomp-bpf', '-f', '-qq', '-s', '4096', '-o', file, '-e', `trace=${CALLS}`];
    const { stdout, stderr } = await execa('nsenter', [`--net=${node.path}`, ...strace, executable()], {
      input: JSON.stringify(config),
      env: {
        CNI_COMMAND: verb,
        CNI_CONTAINERID: containerId,
        CNI_NETNS: netns.path,
        CNI_IFNAME: 'net1',
        CNI_PATH: '/usr/lib/cni',
        VLAN_BRIDGE_TRACE: '1',
      },
      timeout: TIMEOUT_MS,
    });
    const { answers, ...calls } = callsOf(readFileSync(file, 'utf8'));
    const { isWaited, ...trace } = traceOf(stderr);
    return { stdout, ...trace, ...calls, received: answers.filter((_bytes, index) => !isWaited[index]) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Waiting ends sooner or later, and each look in between is a request: how many there are is the kernel's business. `isWaited`
 * tells for each request whether it is one of these.
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
  strace: string,
): Pick<Watched, 'roundTrips' | 'opened' | 'started' | 'forks'> & { readonly answers: readonly number[] } {
  const calls = strace.split('\n').map((line) => line.replace(/^\d+ +/, ''));
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
    answers: answersOf(strace),
  };
}

/** How many bytes came back for each message to netlink, on the socket that it was sent by. */
function answersOf(strace: string): readonly number[] {
  const answers: { readonly socket: string; bytes: number }[] = [];
  const interrupted = new Map<string, string>();
  for (const line of strace.split('\n')) {
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
