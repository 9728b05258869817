import { call, type Pod } from '../../helpers/pod.ts';

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

/** The calls of a runtime for a list and one pod. */
export type Chain = {
  /** ADD of every plugin in order, each with the result of the one before. */
  readonly add: () => Promise<ChainResult>;
  /** CHECK of every plugin in order but those of these types, each with the result of the list. */
  readonly check: (result: ChainResult, but?: { readonly except: readonly string[] }) => Promise<void>;
  /** DEL of every plugin in reverse, each with the result of the list. */
  readonly del: (result: ChainResult) => Promise<void>;
};

const CNI_PATH = '/usr/lib/cni';
/** Debian's plugins run iptables and tc. */
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs a list as libcni does; `runtimeConfig` is passed to the plugins that have the capability. */
export function chainOf(
  pod: Pod,
  list: Conflist,
  runtimeConfig: Readonly<Record<string, unknown>> = {},
): Chain {
  const run = (verb: string, plugin: Plugin, prevResult?: object): Promise<string> =>
    runLink(verb, pod, pluginConf(list, plugin, { runtimeConfig, prevResult }));
  return {
    add: async () => {
      let result: object | undefined;
      for (const plugin of list.plugins) result = JSON.parse(await run('ADD', plugin, result));
      return result as ChainResult;
    },
    check: async (result, { except } = { except: [] }) => {
      const plugins = list.plugins.filter(({ type }) => !except.includes(type));
      for (const plugin of plugins) await run('CHECK', plugin, result);
    },
    del: async (result) => {
      for (const plugin of list.plugins.toReversed()) await run('DEL', plugin, result);
    },
  };
}

type Injected = {
  readonly runtimeConfig: Readonly<Record<string, unknown>>;
  readonly prevResult: object | undefined;
};

/** A plugin's configuration with the keys that libcni adds. */
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

/** Calls one plugin of the list, which must succeed: its stdout. Ours is the built executable, the others are Debian's. */
async function runLink(verb: string, pod: Pod, conf: Plugin): Promise<string> {
  const program = conf.type === 'vlan-bridge' ? undefined : `${CNI_PATH}/${conf.type}`;
  const { exitCode, stdout, stderr } = await call(verb, pod, conf, {
    program,
    path: CNI_PATH,
    env: { PATH },
  });
  if (exitCode === 0) return stdout;
  throw new Error(`${conf.type} ${verb} failed with ${exitCode}: ${stdout}${stderr}`);
}
