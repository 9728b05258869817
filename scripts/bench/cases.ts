import type { Verb } from './run.ts';

/** A configuration that is measured, with its verbs and its bridge. */
export type Case = {
  readonly name: string;
  /** Cases of one group are measured in the same rounds. */
  readonly group: string;
  readonly title: string;
  readonly verbs: readonly Verb[];
  /** How many pods are attached at once, and detached at once. */
  readonly pods: number;
  /** The bridge exists before the first ADD, with this number of ports. Absent: every contender makes its own bridge. */
  readonly ports?: number;
  /** Keys of the network configuration beyond name, bridge and addresses. */
  readonly keys: Readonly<Record<string, unknown>>;
  /** The first and last VLAN of the pod's port. Present: the case needs a kernel that filters VLANs. */
  readonly vlans?: readonly [first: number, last: number];
  /** The share of --runs that the case gets, 0 to 1; never fewer than three rounds. */
  readonly share: number;
};

const ADD_DEL = ['ADD', 'DEL'] as const;
const LIFE = ['ADD', 'CHECK', 'DEL'] as const;

/** All cases. */
export const cases: readonly Case[] = [
  {
    name: 'plain',
    group: 'plain',
    title: 'bridge without VLANs, static IPAM',
    verbs: [...LIFE, 'VERSION', 'STATUS'],
    pods: 1,
    keys: {},
    share: 1,
  },
  ...[1, 100, 1000].map((port) => ({
    name: `port-${port}`,
    group: 'ports',
    title: `port number ${port.toLocaleString('en')} of a bridge`,
    verbs: ADD_DEL,
    pods: 1,
    ports: port - 1,
    keys: {},
    share: 0.5,
  })),
  ...[30, 100].map((pods) => ({
    name: `burst-${pods}`,
    group: 'bursts',
    title: `${pods} calls at once, until the last has ended`,
    verbs: ADD_DEL,
    pods,
    keys: {},
    share: 0.1,
  })),
  {
    name: 'access',
    group: 'vlans',
    title: 'VLAN 100, untagged',
    verbs: LIFE,
    pods: 1,
    keys: { vlan: 100 },
    vlans: [100, 100],
    share: 0.2,
  },
  {
    name: 'trunk',
    group: 'vlans',
    title: 'VLANs 1 to 4094, tagged',
    verbs: LIFE,
    pods: 1,
    keys: { vlanTrunk: [{ minID: 1, maxID: 4094 }] },
    vlans: [1, 4094],
    share: 0.2,
  },
];

/** The number of rounds that a case gets of --runs. */
export function roundsOf({ share }: Case, runs: number): number {
  return Math.max(MIN_ROUNDS, Math.ceil(runs * share));
}

const MIN_ROUNDS = 3;

/** The cases of these names or groups; all if `names` is empty. @throws Error that names the unknown ones */
export function selectCases(names: readonly string[]): readonly Case[] {
  const known = cases.flatMap(({ name, group }) => [name, group]);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(`unknown case "${unknown.join(', ')}"; there are ${[...new Set(known)].join(', ')}`);
  return cases.filter(
    ({ name, group }) => names.length === 0 || names.includes(name) || names.includes(group),
  );
}
