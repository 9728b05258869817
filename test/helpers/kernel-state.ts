import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { closeNetns, openNetns, withNetns } from '../../src/sys/netns.ts';
import { EXEC_TIMEOUT_MS, type Netns } from './netns.ts';

type Shown = Readonly<Record<string, unknown>>;

/** Everything in a network namespace that a plugin may change, comparable with `toEqual`. */
export type KernelState = {
  readonly links: readonly Shown[];
  readonly addresses: readonly Shown[];
  readonly routes: readonly Shown[];
  readonly rules: readonly Shown[];
  readonly vlans: readonly Shown[];
  readonly fdb: readonly Shown[];
  readonly nft: readonly Shown[];
  /** By path below /proc/sys/net. */
  readonly sysctls: Readonly<Record<string, string>>;
};

/**
 * Reads the configuration of the namespace. It leaves out values that change by themselves (timers, carrier, offload sizes, learned
 * addresses) and those that the kernel adds to a link that comes up (IPv6 link-local addresses, multicast groups and routes).
 */
export async function kernelState({ name, path }: Netns): Promise<KernelState> {
  const routing = ['route show table all', 'rule show'];
  const [[links = [], addresses = [], ...ipv4], ipv6, [vlans = [], fdb = []], nft] = await Promise.all([
    show('ip', ['-n', name, '-d'], ['link show', 'address show', ...routing]),
    show('ip', ['-n', name, '-d', '-6'], routing),
    show('bridge', ['-n', name], ['vlan show', 'fdb show']),
    nftRuleset(path),
  ]);
  const [routes4 = [], rules4 = []] = ipv4;
  const [routes6 = [], rules6 = []] = ipv6;
  return {
    links: links.map(withoutVolatile) as Shown[],
    addresses: addresses.map(configuredAddresses),
    routes: [...routes4, ...routes6].filter(isConfiguredRoute).map(withoutVolatile) as Shown[],
    rules: [...rules4, ...rules6],
    vlans,
    fdb: fdb.filter(isConfiguredEntry),
    nft,
    sysctls: readSysctls(path),
  };
}

/** Keys of iproute2's JSON whose values change without any configuration. */
const VOLATILE =
  /_timer$|^(operstate|state|topology_change|topology_change_detected|linkdown|qdisc|(tso|gso|gro)_.*)$/;
const VOLATILE_FLAGS = ['NO-CARRIER', 'LOWER_UP', 'linkdown', 'dead'];

function withoutVolatile(value: unknown): unknown {
  if (Array.isArray(value))
    return value.filter((item) => !VOLATILE_FLAGS.includes(item)).map(withoutVolatile);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !VOLATILE.test(key));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutVolatile(item)]));
}

function configuredAddresses({ ifname, addr_info }: Shown): Shown {
  const entries = (addr_info as Shown[]).filter(({ local }) => !String(local).startsWith('fe80:'));
  const addresses = entries.map(({ local, prefixlen, broadcast, scope }) => ({
    local,
    prefixlen,
    broadcast,
    scope,
  }));
  return { ifname, addresses };
}

function isConfiguredRoute({ dst, protocol }: Shown): boolean {
  return protocol !== 'kernel' || !/^(fe80:|ff00:)/.test(String(dst));
}

/** Multicast addresses come and go with a link's own membership in groups. */
function isConfiguredEntry({ state, mac }: Shown): boolean {
  return (state === 'permanent' || state === 'static') && !/^(33:33|01:00:5e):/.test(String(mac));
}

/** The switches of the namespace's IP stack, those of every link included. */
function readSysctls(path: string): Record<string, string> {
  const netns = openNetns(path);
  try {
    return withNetns(netns, () => {
      const files = ['ipv4/conf', 'ipv6/conf'].flatMap((folder) =>
        readdirSync(join(SYSCTLS, folder)).flatMap((link) =>
          SWITCHES.map((name) => join(folder, link, name)).filter((file) => existsSync(join(SYSCTLS, file))),
        ),
      );
      return Object.fromEntries(
        files.map((file) => [file, readFileSync(join(SYSCTLS, file), 'utf8').trim()]),
      );
    });
  } finally {
    closeNetns(netns);
  }
}

const SYSCTLS = '/proc/sys/net';
/** Switches that plugins write, and related ones. */
const SWITCHES = [
  'accept_dad',
  'accept_ra',
  'arp_notify',
  'disable_ipv6',
  'enhanced_dad',
  'forwarding',
  'keep_addr_on_down',
  'ndisc_notify',
  'proxy_arp',
  'proxy_ndp',
  'route_localnet',
  'rp_filter',
];

/** The output of `ip` or `bridge` for each line, from one process, which writes one line of JSON for each. */
async function show(
  command: string,
  options: readonly string[],
  lines: readonly string[],
): Promise<Shown[][]> {
  const { stdout } = await execa(command, [...options, '-j', '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
    timeout: EXEC_TIMEOUT_MS,
  });
  const documents = stdout.split('\n').filter(Boolean);
  if (documents.length !== lines.length)
    throw new Error(`${command}: ${lines.length} answers expected:\n${stdout}`);
  return documents.map((text) => JSON.parse(text));
}

/** The rules of nftables and of iptables-nft; empty on a machine without `nft`, where nsenter exits with 127. */
async function nftRuleset(path: string): Promise<Shown[]> {
  const { exitCode, stdout, stderr } = await execa(
    'nsenter',
    [`--net=${path}`, 'nft', '-j', 'list', 'ruleset'],
    {
      reject: false,
      timeout: EXEC_TIMEOUT_MS,
    },
  );
  if (exitCode === 127) return [];
  if (exitCode !== 0) throw new Error(`nft list ruleset: ${stderr}`);
  return JSON.parse(stdout).nftables;
}
