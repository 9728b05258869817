import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { type KernelState, kernelState } from '../../helpers/kernel-state.ts';
import { createNetns, exec, ip, type Netns } from '../../helpers/netns.ts';
import { readProcNet } from '../../helpers/read-proc-net.ts';
import { type ExecutableOutput, runExecutable } from '../../helpers/run-executable.ts';
import { startSleeper } from '../../helpers/sleeper.ts';
import type { Call } from '../fuzz/call.ts';

/** A node and a pod of its own for one call after the other. */
export type Testbed = {
  readonly node: Netns;
  readonly pod: Netns;
  /** Runs the executable on the node with nothing but the call's variables. */
  readonly run: (call: Call) => Promise<ExecutableOutput>;
  /** Links, addresses and routes of node and pod, and what is remembered in /run; quick. */
  readonly quickState: () => readonly string[];
  /** All that is configured in both; thorough. */
  readonly state: () => Promise<readonly KernelState[]>;
  /** The rules of the node's packet filter. */
  readonly rules: () => Promise<readonly unknown[]>;
  /**
   * Takes away what an ADD leaves on the node even when a DEL has followed it: bridges, gateway addresses, forwarding, and tables
   * and chains for rules.
   */
  readonly tidy: () => Promise<void>;
};

const HANGS_MS = 10_000;

/** Makes the testbed, for the current test: the bridge plain0, which does not filter VLANs, and the link wire0. */
export async function createTestbed(): Promise<Testbed> {
  const node = await createNetns('node');
  const pod = await createNetns('pod');
  await ip(node, 'link add wire0 type veth peer name wire1', PLAIN);
  const sleepers = await Promise.all([node, pod].map(startSleeper));
  const links = (): readonly string[] => sleepers.slice(0, 1).flatMap(linkNames);
  return {
    node,
    pod,
    run: ({ env, stdin }) => runExecutable({ netns: node.path, env, input: stdin, timeoutMs: HANGS_MS }),
    quickState: () => [...sleepers.flatMap(readProcNet).map(configured), ...remembered(node)],
    state: () => Promise.all([kernelState(node), kernelState(pod)]),
    rules: async () => {
      const { nftables } = JSON.parse(await exec(node, 'nft', ['-j', 'list', 'ruleset']));
      return nftables.filter((item: object) => 'rule' in item);
    },
    tidy: async () => {
      const surplus = links().filter((name) => !['lo', 'wire0', 'wire1'].includes(name));
      await ip(node, ...surplus.map((name) => `link del ${name}`), PLAIN, 'link set wire0 down promisc off');
      await exec(node, 'nft', ['flush', 'ruleset']);
      await exec(node, 'sysctl', ['-q', '-w', 'net.ipv4.ip_forward=0', 'net.ipv6.conf.all.forwarding=0']);
    },
  };
}

/** Always the same link to the last bit, so that it can be deleted and made again. */
const PLAIN = 'link add plain0 index 50 address 02:00:00:00:00:50 up type bridge';

/**
 * Without what the kernel makes of its own accord: addresses and routes that a link gets some time after it has come up, and a
 * route to nowhere for each table that was ever written to.
 */
function configured(shown: string): string {
  const lines = shown.split('\n');
  return lines.filter((line) => !/^(fe80|ff00)0{4}| 00200200 +lo$/.test(line)).join('\n');
}

function linkNames(sleeper: number): readonly string[] {
  const lines = readFileSync(`/proc/${sleeper}/net/dev`, 'utf8').split('\n');
  return lines.flatMap((line) => /^ *([^ :]+):/.exec(line)?.[1] ?? []);
}

/** Files of /run/vlan-bridge about this node, but for locks, which stay. */
function remembered({ path }: Netns): readonly string[] {
  const own = `${statSync(path).ino}-`;
  const files = existsSync(RUN) ? readdirSync(RUN) : [];
  return files.filter((name) => name.startsWith(own) && !/\.(lock|turn)$/.test(name)).sort();
}

const RUN = '/run/vlan-bridge';
