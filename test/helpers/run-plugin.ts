import { existsSync } from 'node:fs';
import { execa } from 'execa';

/** One call of the plugin as a runtime makes it. What is absent is not in the plugin's environment, unless a default is named. */
export type PluginCall = {
  /** CNI_COMMAND */
  readonly verb: string;
  /** stdin: an object as JSON, a string to the letter. */
  readonly config: object | string;
  /** Name of the network namespace that the plugin runs in, and takes for the host's. */
  readonly node: string;
  /** CNI_NETNS, a path. */
  readonly netns?: string;
  /** CNI_IFNAME; `net1` when absent. */
  readonly ifname?: string;
  /** CNI_CONTAINERID; `pod` when absent. */
  readonly containerId?: string;
  /** CNI_ARGS */
  readonly args?: string;
  /** CNI_PATH; `/opt/cni/bin` when absent. */
  readonly path?: string;
  /** More variables; `undefined` takes one of the above away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What starts the executable, which comes after these words: strace, say, by its path. Nothing does when absent. */
  readonly by?: readonly string[];
  /** 60,000 when absent; a plugin that takes longer is killed, and its exit code is undefined. */
  readonly timeoutMs?: number;
};

export type PluginOutput = {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON; undefined where it is empty or no JSON. */
  readonly json: unknown;
};

const TIMEOUT_MS = 60_000;

/** Runs the built executable with nothing in its environment but the CNI variables. */
export async function runPlugin(call: PluginCall): Promise<PluginOutput> {
  const input = typeof call.config === 'string' ? call.config : JSON.stringify(call.config);
  // By its path: without PATH in the environment it would not be found.
  const { exitCode, stdout, stderr } = await execa(
    '/usr/bin/nsenter',
    [`--net=/run/netns/${call.node}`, ...(call.by ?? []), executable()],
    {
      input,
      env: environment(call),
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
      timeout: call.timeoutMs ?? TIMEOUT_MS,
      killSignal: 'SIGKILL',
    },
  );
  return { exitCode, stdout, stderr, json: parse(stdout) };
}

/**
 * The executable under test, which the vitest project names.
 * @throws Error when it is not there
 */
export function executable(): string {
  const path = process.env.VLAN_BRIDGE_EXECUTABLE;
  if (path === undefined) throw new Error('VLAN_BRIDGE_EXECUTABLE is not set');
  if (existsSync(path)) return path;
  throw new Error(`"${path}" does not exist; run "npm run build"`);
}

function environment(call: PluginCall): Record<string, string> {
  const { verb, netns, args, ifname = 'net1', containerId = 'pod', path = '/opt/cni/bin' } = call;
  const variables: Record<string, string | undefined> = {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: containerId,
    CNI_NETNS: netns,
    CNI_IFNAME: ifname,
    CNI_ARGS: args,
    CNI_PATH: path,
    ...call.env,
  };
  const present = Object.entries(variables).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Record<string, string>;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
