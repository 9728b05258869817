import { execa } from 'execa';
import { bridgeJson, exec, ipJson, type Netns } from './netns.ts';

type Shown = Readonly<Record<string, unknown>>;

/** Everything in a network namespace that a plugin may change, comparable with `toEqual`. */
export type KernelState = {
  readonly links: readonly Shown[];
  readonly addresses: readonly Shown[];
  readonly routes: readonly Shown[];
  readonly rules: readonly Shown[];
  readonly vlans: readonly Shown[];
  readonly fdb: readonly Shown[];
  readonly nft: readonly unknown[];
};

/**
 * What is configured in the namespace. Left out: what changes by itself (timers, carrier, learned addresses) and what the kernel
 * adds of its own accord to a link that gets a carrier (IPv6 link-local addresses, multicast routes).
 */
export async function kernelState(netns: Netns): Promise<KernelState> {
  const [links, addresses, routes4, routes6, rules4, rules6, vlans, fdb, nft] = await Promise.all([
    ipJson<Shown>(netns, '-d', 'link'),
    ipJson<Shown>(netns, 'address'),
    ipJson<Shown>(netns, '-4', '-d', 'route', 'show', 'table', 'all'),
    ipJson<Shown>(netns, '-6', '-d', 'route', 'show', 'table', 'all'),
    ipJson<Shown>(netns, '-4', 'rule'),
    ipJson<Shown>(netns, '-6', 'rule'),
    bridgeJson<Shown>(netns, 'vlan'),
    bridgeJson<Shown>(netns, 'fdb'),
    nftRuleset(netns),
  ]);
  return {
    links: links.map(withoutVolatile) as Shown[],
    addresses: addresses.map(configuredAddresses),
    routes: [...routes4, ...routes6].filter(isConfiguredRoute).map(withoutVolatile) as Shown[],
    rules: [...rules4, ...rules6],
    vlans,
    fdb: fdb.filter(({ state }) => state === 'permanent' || state === 'static'),
    nft,
  };
}

/** Keys whose values change while nobody configures anything, by their names in iproute2's JSON. */
const VOLATILE =
  /_timer$|^(operstate|state|topology_change|topology_change_detected|valid_life_time|preferred_life_time|linkdown)$/;
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

/** The rules of nftables and of iptables-nft; empty on a machine without `nft`. */
async function nftRuleset(netns: Netns): Promise<readonly unknown[]> {
  const { exitCode } = await execa('sh', ['-c', 'command -v nft'], { reject: false });
  if (exitCode !== 0) return [];
  return JSON.parse(await exec(netns, 'nft', ['-j', 'list', 'ruleset'])).nftables;
}
