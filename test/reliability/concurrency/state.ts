import { existsSync, readdirSync } from 'node:fs';
import type { ShownLink } from '../../helpers/links.ts';
import { exec, ipJson } from '../../helpers/netns.ts';
import { keptFiles } from '../../helpers/trunk.ts';
import type { Testbed } from './testbed.ts';

/** A link of a pod as `ip -j address show` has it. */
export type PodLink = {
  readonly ifindex: number;
  readonly ifname: string;
  readonly addr_info: readonly {
    readonly local: string;
    readonly prefixlen: number;
    readonly scope: string;
  }[];
};

/** All that there is, as other programs see it. */
export type State = {
  /** The node's links but its loopback. */
  readonly links: readonly ShownLink[];
  /** The links of each pod but its loopback; none for a pod that is gone. */
  readonly pods: readonly (readonly PodLink[])[];
  /** The rules of nftables as text. */
  readonly rules: string;
  /** What the plugin keeps beside its locks. */
  readonly files: readonly string[];
  /** The addresses that host-local has given away. */
  readonly leases: readonly string[];
};

/** Looks at everything. */
export async function showState(testbed: Testbed): Promise<State> {
  const [links, rules, pods] = await Promise.all([
    ipJson<ShownLink>(testbed.node, '-d', 'link'),
    exec(testbed.node, 'nft', ['list', 'ruleset']),
    Promise.all(
      testbed.pods.map(({ netns }) => (existsSync(netns.path) ? ipJson<PodLink>(netns, 'address') : [])),
    ),
  ]);
  const isOther = ({ ifname }: { readonly ifname: string }): boolean => ifname !== 'lo';
  const leases = `${testbed.leases}/amber`;
  const isAddress = (name: string): boolean => /^[\d.]+$/.test(name);
  return {
    links: links.filter(isOther),
    pods: pods.map((pod) => pod.filter(isOther)),
    rules,
    files: keptFiles(testbed.node),
    leases: existsSync(leases) ? readdirSync(leases).filter(isAddress) : [],
  };
}
