import { createHash } from 'node:crypto';
import {
  chmodSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect } from 'vitest';
import { type KernelState, kernelState } from '../../helpers/kernel-state.ts';
import { type Cleanup, createNetns, ip, type Netns } from '../../helpers/netns.ts';
import { createPod, type Pod } from '../../helpers/pod.ts';
import { type ExecutableOutput, executable, runExecutable } from '../../helpers/run-executable.ts';
import { startSleeper } from '../../helpers/sleeper.ts';

/** A node with a bridge without VLANs, and a pod with a netns path outside of /run, which a test may cover. */
export type Testbed = {
  readonly node: Netns;
  readonly pod: Pod;
  /** A path of the pod's network namespace outside of /run. */
  readonly netns: string;
  /** Prefix of the node's files in /run/vlan-bridge. */
  readonly prefix: string;
  /** Folder that every call has as /run/vlan-bridge, unless its script mounts another one. */
  readonly records: string;
  /** Folder for files that a test plants; every user may read it. */
  readonly folder: string;
};

/** Settings of a call. */
export type CallSettings = {
  /** Lines of shell, run as root in their own mount namespace, that end with starting "$0", the plugin. */
  readonly script?: string;
  readonly config?: object | string;
  /** `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
};

/** A call that takes longer hangs: an IPAM plugin has one minute. */
const TIMEOUT_MS = 90_000;

/** The executable under test: `pkg` or `native`. */
export const engine = basename(dirname(executable()));

export async function createTestbed(cleanup: Cleanup): Promise<Testbed> {
  const node = await createNetns('node', cleanup);
  // Without its own address, the bridge would change its address with its ports.
  await ip(node, 'link add plain0 address 02:00:00:00:00:99 up type bridge');
  const pod = await createPod(node, cleanup);
  const pid = await startSleeper(pod.netns);
  const folder = mkdtempSync(join(tmpdir(), 'vlan-bridge-test-'));
  chmodSync(folder, 0o755);
  cleanup(async () => rmSync(folder, { recursive: true }));
  const records = join(folder, 'vlan-bridge');
  mkdirSync(records, { mode: 0o700 });
  mkdirSync('/run/vlan-bridge', { recursive: true, mode: 0o700 });
  return { node, pod, netns: `/proc/${pid}/ns/net`, prefix: `${statSync(node.path).ino}-`, records, folder };
}

/** A network on the bridge of the testbed, with an address and a route. */
export function plainConf(keys: object = {}) {
  const addresses = [{ address: '10.20.1.11/24' }, { address: 'fd00:20::11/64' }];
  const ipam = { type: 'static', addresses, routes: [{ dst: '10.99.0.0/16', gw: '10.20.1.1' }] };
  return { cniVersion: '1.1.0', name: 'blue', type: 'vlan-bridge', bridge: 'plain0', ipam, ...keys };
}

/** Calls the plugin with only the CNI variables in its environment. */
export async function callIn(
  testbed: Testbed,
  verb: string,
  settings: CallSettings = {},
): Promise<ExecutableOutput> {
  const { script = 'exec "$0"', config = plainConf(), env = {} } = settings;
  const variables = {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: testbed.pod.containerId,
    CNI_NETNS: testbed.netns,
    CNI_IFNAME: 'net1',
    CNI_PATH: testbed.folder,
    ...env,
  };
  const lines = [
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    `mount --bind ${testbed.records} /run/vlan-bridge || exit`,
    script,
  ];
  return runExecutable({
    netns: testbed.node.path,
    by: ['/usr/bin/unshare', '--mount', '/bin/sh', '-c', lines.join('\n')],
    input: typeof config === 'string' ? config : JSON.stringify(config),
    env: variables,
    timeoutMs: TIMEOUT_MS,
  });
}

/** Makes a call that must succeed and print nothing on stderr. Returns its result, if it has one. */
export async function succeedIn(testbed: Testbed, verb: string, settings: CallSettings = {}) {
  const ended = await callIn(testbed, verb, settings);
  expect(ended).toEqual({ exitCode: 0, stdout: ended.stdout, stderr: '' });
  return ended.stdout === '' ? undefined : JSON.parse(ended.stdout);
}

/** Makes a call that must fail with a JSON error and print nothing on stderr. Returns code, message and details. */
export async function refusalIn(testbed: Testbed, verb: string, settings: CallSettings = {}) {
  const ended = await callIn(testbed, verb, settings);
  expect(ended).toEqual({ exitCode: 1, stdout: ended.stdout, stderr: '' });
  const { cniVersion, ...error } = JSON.parse(ended.stdout);
  expect(cniVersion).toBe('1.1.0');
  return error as { readonly code: number; readonly msg: string; readonly details?: string };
}

/** The configuration of the node and the pod. */
export function statesOf({ node, pod }: Testbed): Promise<readonly KernelState[]> {
  return Promise.all([kernelState(node), kernelState(pod.netns)]);
}

/** Everything below a folder, comparable with `toEqual`: type and mode, owner and content. */
export function contentsOf(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => {
    const path = join(folder, name);
    const { mode, uid } = lstatSync(path);
    return `${name}: ${mode.toString(8)} of ${uid}, ${inside(path, mode)}`;
  });
}

function inside(path: string, mode: number): string {
  const kind = mode & constants.S_IFMT;
  if (kind === constants.S_IFLNK) return `to ${readlinkSync(path)}`;
  if (kind !== constants.S_IFREG) return 'no text';
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
