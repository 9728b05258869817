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
import { execa } from 'execa';
import { expect } from 'vitest';
import { type KernelState, kernelState } from '../../helpers/kernel-state.ts';
import { type Cleanup, createNetns, ip, type Netns } from '../../helpers/netns.ts';
import { createPod, type Pod } from '../../helpers/pod.ts';
import { executable } from '../../helpers/run-plugin.ts';
import { inhabit } from '../../helpers/sleeper.ts';

/** A node with a bridge that any kernel can make, and a pod that can be reached where /run is covered. */
export type Scene = {
  readonly node: Netns;
  readonly pod: Pod;
  /** A path of the pod's network namespace outside of /run. */
  readonly netns: string;
  /** What the names of the node's files in /run/vlan-bridge begin with. */
  readonly prefix: string;
  /** What every call has for /run/vlan-bridge, unless its script mounts something else. */
  readonly records: string;
  /** For what a test plants; others may look into it. */
  readonly folder: string;
};

/** How a call is made. */
export type Surroundings = {
  /** Lines of shell in a mount namespace of their own, as root, that end in starting "$0", the plugin. */
  readonly script?: string;
  readonly config?: object | string;
  /** `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
};

export type Ended = {
  /** undefined for a plugin that was ended by a signal, by that of the time limit for one. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
};

/** Far above what any call takes, the minute that an IPAM plugin has included: to be still at work then is to hang. */
const TIMEOUT_MS = 90_000;

/** Which of the two executables is under test. */
export const engine = basename(dirname(executable()));

export async function createScene(cleanup: Cleanup): Promise<Scene> {
  const node = await createNetns('node', cleanup);
  // With an address of its own: that of a bridge without one changes with its ports.
  await ip(node, 'link add plain0 address 02:00:00:00:00:99 up type bridge');
  const pod = await createPod(node, cleanup);
  const pid = await inhabit(pod.netns);
  const folder = mkdtempSync(join(tmpdir(), 'vlan-bridge-test-'));
  chmodSync(folder, 0o755);
  cleanup(async () => rmSync(folder, { recursive: true }));
  const records = join(folder, 'vlan-bridge');
  mkdirSync(records, { mode: 0o700 });
  mkdirSync('/run/vlan-bridge', { recursive: true, mode: 0o700 });
  return { node, pod, netns: `/proc/${pid}/ns/net`, prefix: `${statSync(node.path).ino}-`, records, folder };
}

/** A network on the bridge of the scene, with an address and a route. */
export function plainConf(keys: object = {}) {
  const addresses = [{ address: '10.20.1.11/24' }, { address: 'fd00:20::11/64' }];
  const ipam = { type: 'static', addresses, routes: [{ dst: '10.99.0.0/16', gw: '10.20.1.1' }] };
  return { cniVersion: '1.1.0', name: 'blue', type: 'vlan-bridge', bridge: 'plain0', ipam, ...keys };
}

/** Calls the plugin, with nothing in its environment but the CNI variables. */
export async function callIn(scene: Scene, verb: string, surroundings: Surroundings = {}): Promise<Ended> {
  const { script = 'exec "$0"', config = plainConf(), env = {} } = surroundings;
  const variables = {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: scene.pod.containerId,
    CNI_NETNS: scene.netns,
    CNI_IFNAME: 'net1',
    CNI_PATH: scene.folder,
    ...env,
  };
  const lines = [
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    `mount --bind ${scene.records} /run/vlan-bridge || exit`,
    script,
  ];
  const { exitCode, stdout, stderr } = await execa(
    '/usr/bin/nsenter',
    [
      `--net=${scene.node.path}`,
      '/usr/bin/unshare',
      '--mount',
      '/bin/sh',
      '-c',
      lines.join('\n'),
      executable(),
    ],
    {
      input: typeof config === 'string' ? config : JSON.stringify(config),
      env: Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined)),
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    },
  );
  return { exitCode, stdout, stderr };
}

/** A call that has to succeed, with nothing on stderr: its result, if there is one. */
export async function succeedIn(scene: Scene, verb: string, surroundings: Surroundings = {}) {
  const ended = await callIn(scene, verb, surroundings);
  expect(ended).toEqual({ exitCode: 0, stdout: ended.stdout, stderr: '' });
  return ended.stdout === '' ? undefined : JSON.parse(ended.stdout);
}

/** A call that has to be refused in JSON, with nothing on stderr: code, message and details. */
export async function refusalIn(scene: Scene, verb: string, surroundings: Surroundings = {}) {
  const ended = await callIn(scene, verb, surroundings);
  expect(ended).toEqual({ exitCode: 1, stdout: ended.stdout, stderr: '' });
  const { cniVersion, ...error } = JSON.parse(ended.stdout);
  expect(cniVersion).toBe('1.1.0');
  return error as { readonly code: number; readonly msg: string; readonly details?: string };
}

/** What is configured on the node and in the pod. */
export function statesOf({ node, pod }: Scene): Promise<readonly KernelState[]> {
  return Promise.all([kernelState(node), kernelState(pod.netns)]);
}

/** Everything below a folder, comparable with `toEqual`: kind and mode, owner, and what is in it. */
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
