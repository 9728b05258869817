import { type ExecutableOutput, type ExecutableRun, runExecutable } from './run-executable.ts';

/** One call of the plugin as a runtime makes it. What is absent is not in the plugin's environment, unless a default is named. */
export type PluginCall = Pick<ExecutableRun, 'by' | 'program' | 'timeoutMs'> & {
  /** CNI_COMMAND */
  readonly verb: string;
  /** stdin: an object as JSON, a string as it is. */
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
  /** More variables; `undefined` removes one of the above. */
  readonly env?: Readonly<Record<string, string | undefined>>;
};

export type PluginOutput = ExecutableOutput & {
  /** stdout as JSON; undefined when it is empty or not JSON. */
  readonly json: unknown;
};

/** Runs the built executable with only the CNI variables, and those of `env`, in its environment. */
export async function runPlugin(call: PluginCall): Promise<PluginOutput> {
  const {
    verb,
    config,
    node,
    netns,
    args,
    ifname = 'net1',
    containerId = 'pod',
    path = '/opt/cni/bin',
  } = call;
  const { by, program, timeoutMs } = call;
  const output = await runExecutable({
    netns: `/run/netns/${node}`,
    by,
    program,
    timeoutMs,
    input: typeof config === 'string' ? config : JSON.stringify(config),
    env: {
      CNI_COMMAND: verb,
      CNI_CONTAINERID: containerId,
      CNI_NETNS: netns,
      CNI_IFNAME: ifname,
      CNI_ARGS: args,
      CNI_PATH: path,
      ...call.env,
    },
  });
  return { ...output, json: parse(output.stdout) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
