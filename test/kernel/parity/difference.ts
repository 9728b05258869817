import type { Change } from './parity-compare.ts';

export const VERSIONS = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;
export type Version = (typeof VERSIONS)[number];

/** The parts of a comparison: the answer to ADD in each version; the kernel after ADD; CHECK; DEL and the kernel after it. */
export type Part = Version | 'state' | 'CHECK' | 'DEL';

/** An intended difference: its reason, and its exact effects. A configuration that lists it must show all of them. */
export type Difference = {
  readonly reason: string;
  readonly shows: Partial<Record<Part, readonly Change[]>>;
  /** True for a difference that only kernels with VLAN filtering show; absent: all kernels. */
  readonly needsVlanFiltering?: boolean;
};

type Value = Change['reference'];

/** The object or attribute is `reference` with the reference and `ours` with this plugin; `undefined` if it does not exist. */
export function change(at: string, reference: Value, ours: Value): Change {
  return { at, reference, ours };
}

/** An object that only this plugin creates; `*` in its name matches anything. */
export function onlyOurs(at: string): Change {
  return change(at, undefined, 'there');
}

/** An object that only the reference creates. */
export function onlyTheirs(at: string): Change {
  return change(at, 'there', undefined);
}

/** The same changes in the answers of this version and all newer ones. */
export function since(first: Version, ...changes: readonly Change[]): Difference['shows'] {
  return Object.fromEntries(VERSIONS.slice(VERSIONS.indexOf(first)).map((version) => [version, changes]));
}

/** The same changes in the answers of all older versions. */
export function before(end: Version, ...changes: readonly Change[]): Difference['shows'] {
  return Object.fromEntries(VERSIONS.slice(0, VERSIONS.indexOf(end)).map((version) => [version, changes]));
}

/** The reference refuses a call that this plugin accepts. */
export function onlyTheyRefuse(msg: string): readonly Change[] {
  return [...theyFail('ADD', msg), onlyOurs('result')];
}

/** Both refuse; this plugin has its own message and code, and the version that the specification requires. */
export function bothRefuse(
  msg: string,
  ours: { readonly code: number; readonly msg: string },
  cniVersion: Version = '1.0.0',
): readonly Change[] {
  return [
    change('ADD: code', 999, ours.code),
    change('ADD: msg', msg, ours.msg),
    change('ADD: cniVersion', undefined, cniVersion),
  ];
}

/** The reference fails and this plugin succeeds. */
export function theyFail(call: string, msg: string): readonly Change[] {
  return [
    change(`${call}: exitCode`, 1, 0),
    change(`${call}: code`, 999, undefined),
    change(`${call}: msg`, msg, undefined),
  ];
}
