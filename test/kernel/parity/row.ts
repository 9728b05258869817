import { VERSIONS, type Version } from './difference.ts';
import { differences } from './differences.ts';
import { newer } from './newer.ts';
import { refusals } from './refusals.ts';

export const intended = { ...differences, ...newer, ...refusals };
export type DifferenceName = keyof typeof intended;

/** One configuration, for both plugins. */
export type Row = {
  readonly name: string;
  /** The configuration without `cniVersion`, `name` and `type`. */
  readonly keys: object;
  /** CNI_ARGS */
  readonly args?: string;
  /** Lines of `ip` for the host before ADD. */
  readonly node?: readonly string[];
  /** Addresses that must answer the pod. */
  readonly ping?: readonly string[];
  /** Must contain 1.0.0. */
  readonly versions: readonly Version[];
  readonly intended: readonly DifferenceName[];
};

export const V4 = '10.1.0.5/24';
export const V6 = 'fd00:1::5/64';
export const MAC = '02:00:00:00:00:01';
export const OTHER_MAC = '02:00:00:00:00:02';
export const BRIDGE = 'link add cni0 up type bridge';
export const FILTERING = `${BRIDGE} vlan_filtering 1`;

export const addresses = (...cidrs: readonly string[]) => cidrs.map((address) => ({ address }));
export const four = { type: 'static', addresses: addresses(V4) };
export const six = { type: 'static', addresses: addresses(V6) };
export const dual = { type: 'static', addresses: addresses(V4, V6) };
export const gateways = [
  { address: V4, gateway: '10.1.0.1' },
  { address: V6, gateway: 'fd00:1::1' },
];
export const dns = {
  nameservers: ['10.1.0.53'],
  domain: 'a.example',
  search: ['b.example'],
  options: ['ndots:2'],
};

export const LINKS: readonly DifferenceName[] = ['owner in alias', 'MAC at creation', 'queue length'];
export const ANSWER: readonly DifferenceName[] = ['spec 1.1.0', 'mtu in result', 'no empty dns'];
export const ACCEPTED: readonly DifferenceName[] = [...LINKS, 'MAC at creation, pod', ...ANSWER];
export const PLAIN: readonly DifferenceName[] = [
  ...ACCEPTED,
  'bridge settings',
  'no default VLAN',
  'bridge MAC pinned',
];
export const GATEWAY: readonly DifferenceName[] = [...ACCEPTED, 'bridge settings', 'no default VLAN'];
export const EXISTING: readonly DifferenceName[] = [...ACCEPTED, 'bridge of others untouched'];
export const KEPT: DifferenceName = 'addresses survive down';
export const OF_DELEGATES: readonly Version[] = VERSIONS.filter((version) => version !== '1.1.0');
export const NO_DAD: DifferenceName = 'gateway at once';
export const without = (names: readonly DifferenceName[], ...gone: readonly DifferenceName[]) =>
  names.filter((name) => !gone.includes(name));

type More = Partial<Omit<Row, 'name' | 'keys' | 'intended'>>;

/** Rows whose keys change the answer: all versions. */
export function answer(
  name: string,
  keys: object,
  differing: readonly DifferenceName[],
  more: More = {},
): Row {
  return { name, keys, intended: differing, versions: VERSIONS, ...more };
}

/** Rows whose keys change the kernel and not the answer: one version. */
export function effect(
  name: string,
  keys: object,
  differing: readonly DifferenceName[],
  more: More = {},
): Row {
  return { name, keys, intended: differing, versions: ['1.0.0'], ...more };
}
