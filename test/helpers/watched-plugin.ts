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
const CALLS = 'sendto,open,openat,execve,execveat,clone,clone3,fork,vfork';

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
    return { stdout, ...traceOf(stderr), ...callsOf(readFileSync(file, 'utf8')) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Waiting ends sooner or later, and each look in between is a request: how many there are is the kernel's business. */
function traceOf(stderr: string): Pick<Watched, 'requests' | 'waits'> {
  const steps = Array.from(stderr.matchAll(/^ *[\d.]+ ms +[\d.]* {2}(.*)$/gm), ([, what = '']) => what);
  const isWait = (what: string | undefined): boolean => what === 'wait for an event';
  const requests = steps.filter((what, index) => what.startsWith('netlink: ') && !isWait(steps[index - 1]));
  return {
    requests: requests.map((what) => what.slice('netlink: '.length)),
    waits: steps.filter(isWait).length,
  };
}

function callsOf(strace: string): Pick<Watched, 'roundTrips' | 'opened' | 'started' | 'forks'> {
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
  };
}
