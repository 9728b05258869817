import { execa } from 'execa';
import type { Pod } from '../../helpers/pod.ts';
import { executable } from '../../helpers/run-plugin.ts';

type Plugin = { readonly type: string; readonly capabilities?: Readonly<Record<string, boolean>> };

/** A network configuration list. */
export type Conflist = {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly (Plugin & Readonly<Record<string, unknown>>)[];
};

/** The result of a list: that of its last plugin. */
export type ChainResult = {
  readonly interfaces: readonly { readonly name: string; readonly mac?: string; readonly sandbox?: string }[];
  readonly ips: readonly { readonly address: string; readonly interface?: number }[];
  readonly routes?: readonly { readonly dst: string; readonly gw?: string }[];
};

/** What a runtime does with a list, for one pod. */
export type Chain = {
  /** ADD of every plugin in order, each with the result of the one before. */
  readonly add: () => Promise<ChainResult>;
  /** CHECK of every plugin in order but those of these types, each with the result of the list. */
  readonly check: (result: ChainResult, but?: { readonly except: readonly string[] }) => Promise<void>;
  /** DEL of every plugin in reverse, each with the result of the list. */
  readonly del: (result: ChainResult) => Promise<void>;
};

const TIMEOUT_MS = 60_000;

/** Runs a list as libcni does; `runtimeConfig` is what the runtime offers to plugins that have the capability. */
export function chainOf(
  pod: Pod,
  list: Conflist,
  runtimeConfig: Readonly<Record<string, unknown>> = {},
): Chain {
  const call = (verb: string, plugin: Plugin, prevResult?: object): Promise<string> =>
    runLink(verb, pod, pluginConf(list, plugin, { runtimeConfig, prevResult }));
  return {
    add: async () => {
      let result: object | undefined;
      for (const plugin of list.plugins) result = JSON.parse(await call('ADD', plugin, result));
      return result as ChainResult;
    },
    check: async (result, { except } = { except: [] }) => {
      const plugins = list.plugins.filter(({ type }) => !except.includes(type));
      for (const plugin of plugins) await call('CHECK', plugin, result);
    },
    del: async (result) => {
      for (const plugin of list.plugins.toReversed()) await call('DEL', plugin, result);
    },
  };
}

type Injected = {
  readonly runtimeConfig: Readonly<Record<string, unknown>>;
  readonly prevResult: object | undefined;
};

/** A plugin's configuration with what libcni puts into it. */
function pluginConf(
  { name, cniVersion }: Conflist,
  plugin: Plugin,
  { runtimeConfig: offered, prevResult }: Injected,
): Plugin {
  const wanted = Object.entries(offered).filter(([key]) => plugin.capabilities?.[key]);
  const runtimeConfig = wanted.length === 0 ? undefined : Object.fromEntries(wanted);
  const injected = { name, cniVersion, runtimeConfig, prevResult };
  return { ...plugin, ...injected };
}

/** One plugin of the list, which must succeed: its stdout. Ours is the built executable, the others are Debian's. */
async function runLink(verb: string, { node, netns, containerId }: Pod, conf: Plugin): Promise<string> {
  const file = conf.type === 'vlan-bridge' ? executable() : `/usr/lib/cni/${conf.type}`;
  const { exitCode, stdout, stderr } = await execa('nsenter', [`--net=${node.path}`, file], {
    input: JSON.stringify(conf),
    env: {
      CNI_COMMAND: verb,
      CNI_CONTAINERID: containerId,
      CNI_NETNS: netns.path,
      CNI_IFNAME: 'net1',
      CNI_PATH: '/usr/lib/cni',
    },
    reject: false,
    timeout: TIMEOUT_MS,
  });
  if (exitCode === 0) return stdout;
  throw new Error(`${conf.type} ${verb} failed with ${exitCode}: ${stdout}${stderr}`);
}
