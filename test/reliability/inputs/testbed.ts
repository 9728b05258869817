import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { type KernelState, kernelState } from '../../helpers/kernel-state.ts';
import { createNetns, exec, ip, type Netns } from '../../helpers/netns.ts';
import { readProcNet } from '../../helpers/read-proc-net.ts';
import { type ExecutableOutput, runExecutable } from '../../helpers/run-executable.ts';
import { startSleeper } from '../../helpers/sleeper.ts';
import type { Call } from '../fuzz/call.ts';

/** A node and a pod for calls one after another. */
export type Testbed = {
  readonly node: Netns;
  readonly pod: Netns;
  /** Runs the executable on the node with only the call's variables. */
  readonly run: (call: Call) => Promise<ExecutableOutput>;
  /** Links, addresses and routes of node and pod, and the plugin's files in /run, without starting a program. */
  readonly quickState: () => readonly string[];
  /** The whole configuration of both. */
  readonly state: () => Promise<readonly KernelState[]>;
  /** The rules of the node's packet filter. */
  readonly rules: () => Promise<readonly unknown[]>;
  /**
   * Removes the objects that ADD leaves on the node after DEL: bridges, gateway addresses, forwarding, and tables and chains for
   * rules.
   */
  readonly tidy: () => Promise<void>;
};

const HANGS_MS = 10_000;

/** Creates the testbed for the current test, with the link wire0 and the bridge plain0, which does not filter VLANs. */
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
    quickState: () => [...sleepers.flatMap(readProcNet).map(configured), ...recordsOf(node)],
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

/** Always exactly the same link, so that it can be deleted and created again. */
const PLAIN = 'link add plain0 index 50 address 02:00:00:00:00:50 up type bridge';

/**
 * Removes entries that the kernel adds by itself: addresses and routes of a link some time after it came up, and an unreachable
 * route for each routing table that was ever used.
 */
function configured(shown: string): string {
  const lines = shown.split('\n');
  return lines.filter((line) => !/^(fe80|ff00)0{4}| 00200200 +lo$/.test(line)).join('\n');
}

function linkNames(sleeper: number): readonly string[] {
  const lines = readFileSync(`/proc/${sleeper}/net/dev`, 'utf8').split('\n');
  return lines.flatMap((line) => /^ *([^ :]+):/.exec(line)?.[1] ?? []);
}

/** Files of /run/vlan-bridge about this node, without locks, which stay. */
function recordsOf({ path }: Netns): readonly string[] {
  const own = `${statSync(path).ino}-`;
  const files = existsSync(RUN) ? readdirSync(RUN) : [];
  return files.filter((name) => name.startsWith(own) && !/\.(lock|turn)$/.test(name)).sort();
}

const RUN = '/run/vlan-bridge';
