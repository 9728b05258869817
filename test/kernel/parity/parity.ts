import { randomBytes } from 'node:crypto';
import { execa } from 'execa';
import type { Cleanup } from '../../helpers/netns.ts';
import { runExecutable } from '../../helpers/run-executable.ts';

/** Something of the reference plugin, and the same of the one under test. */
export type Both<T> = { readonly reference: T; readonly ours: T };
export type Side = keyof Both<unknown>;

/** Where one plugin does one attachment: the names of the two network namespaces. The container ID is that of the pod's. */
export type Testbed = { readonly side: Side; readonly node: string; readonly pod: string };

/** What came of a call; `json` is stdout as JSON, undefined where it is empty. */
export type Outcome = {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly json: unknown;
};

export type ParityCall = {
  /** CNI_COMMAND */
  readonly verb: 'ADD' | 'CHECK' | 'DEL' | 'VERSION';
  /** The configuration but `name` and `type`. `$DATA` in its texts becomes a folder of this testbed alone. */
  readonly config: object;
  /** CNI_ARGS */
  readonly args?: string | undefined;
};

/** Debian's package containernetworking-plugins. */
const REFERENCE_FOLDER = '/usr/lib/cni';
const TIMEOUT_MS = 60_000;

/** Does the same on both sides at once. */
export async function onBoth<T>(act: (side: Side) => Promise<T>): Promise<Both<T>> {
  const [reference, ours] = await Promise.all([act('reference'), act('ours')]);
  return { reference, ours };
}

/** Twin testbeds, a pair for each key, all alike: fresh namespaces, the nodes with what the lines of `ip` make in them. */
export async function createTestbeds<Key extends string>(
  keys: readonly Key[],
  nodeLines: readonly string[],
  cleanup: Cleanup,
): Promise<ReadonlyMap<Key, Both<Testbed>>> {
  const testbeds = new Map(
    keys.map((key) => [key, { reference: testbed('reference'), ours: testbed('ours') }]),
  );
  const all = [...testbeds.values()].flatMap(({ reference, ours }) => [reference, ours]);
  const names = all.flatMap(({ node, pod }) => [node, pod]);
  cleanup(() =>
    ipLines(
      [],
      names.map((name) => `netns del ${name}`),
    ),
  );
  await ipLines(
    [],
    names.map((name) => `netns add ${name}`),
  );
  if (nodeLines.length > 0) for (const { node } of all) await ipLines(['-n', node], nodeLines);
  return testbeds;
}

/** Calls the plugin of the testbed's side as a runtime does. */
export async function callPlugin(at: Testbed, { verb, config, args = '' }: ParityCall): Promise<Outcome> {
  const reference = at.side === 'reference';
  const type = reference ? 'bridge' : 'vlan-bridge';
  const input = JSON.stringify({ ...config, name: 'blue', type }).replaceAll('$DATA', `/run/${at.node}`);
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    CNI_COMMAND: verb,
    CNI_CONTAINERID: at.pod,
    CNI_NETNS: `/run/netns/${at.pod}`,
    CNI_IFNAME: 'net1',
    CNI_ARGS: args,
    CNI_PATH: REFERENCE_FOLDER,
  };
  const { exitCode, stdout, stderr } = await runExecutable({
    netns: `/run/netns/${at.node}`,
    program: reference ? `${REFERENCE_FOLDER}/bridge` : undefined,
    input,
    env,
  });
  return { exitCode, stdout, stderr, json: stdout === '' ? undefined : JSON.parse(stdout) };
}

/** Which of the addresses answer to the pod within five seconds. */
export async function pingAll(
  at: Testbed,
  addresses: readonly string[],
): Promise<Readonly<Record<string, boolean>>> {
  const pings = addresses.map(async (address): Promise<[string, boolean]> => {
    const args = [`--net=/run/netns/${at.pod}`, 'ping', '-n', '-q', '-c', '1', '-w', '5', address];
    const { exitCode } = await execa('nsenter', args, { reject: false, timeout: TIMEOUT_MS });
    return [address, exitCode === 0];
  });
  return Object.fromEntries(await Promise.all(pings));
}

/** Runs a script of `sh` in a network namespace, with its links in /sys: what it prints. */
export async function runScript(netns: string, script: string): Promise<string> {
  const { stdout } = await execa('ip', ['netns', 'exec', netns, 'sh', '-c', script], { timeout: TIMEOUT_MS });
  return stdout;
}

function testbed(side: Side): Testbed {
  const id = randomBytes(4).toString('hex');
  return { side, node: `node-${id}`, pod: `pod-${id}` };
}

async function ipLines(options: readonly string[], lines: readonly string[]): Promise<void> {
  await execa('ip', [...options, '-batch', '-'], { input: `${lines.join('\n')}\n`, timeout: TIMEOUT_MS });
}
