import type { Change } from './parity-compare.ts';

export const VERSIONS = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;
export type Version = (typeof VERSIONS)[number];

/** What is compared: the answer to ADD in each version; the kernel after ADD; CHECK; DEL and the kernel after it. */
export type Part = Version | 'state' | 'CHECK' | 'DEL';

/** A difference that is meant: why, and where exactly it shows. It must show in full wherever a configuration is said to have it. */
export type Difference = {
  readonly reason: string;
  readonly shows: Partial<Record<Part, readonly Change[]>>;
  /** Seen only on kernels that can filter VLANs; absent: on all. */
  readonly needsVlanFiltering?: boolean;
};

type Value = Change['reference'];

/** The thing or attribute is `reference` there and `ours` here; `undefined` where it is not. */
export function change(at: string, reference: Value, ours: Value): Change {
  return { at, reference, ours };
}

/** A thing that the plugin makes and the reference does not; `*` in its name stands for anything. */
export function onlyOurs(at: string): Change {
  return change(at, undefined, 'there');
}

/** A thing that the reference makes and the plugin does not. */
export function onlyTheirs(at: string): Change {
  return change(at, 'there', undefined);
}

/** The same changes in the answers of this version and of all that are newer. */
export function since(first: Version, ...changes: readonly Change[]): Difference['shows'] {
  return Object.fromEntries(VERSIONS.slice(VERSIONS.indexOf(first)).map((version) => [version, changes]));
}

/** The same changes in the answers of all versions that are older than this one. */
export function before(end: Version, ...changes: readonly Change[]): Difference['shows'] {
  return Object.fromEntries(VERSIONS.slice(0, VERSIONS.indexOf(end)).map((version) => [version, changes]));
}

/** The reference refuses what the plugin does. */
export function onlyTheyRefuse(msg: string): readonly Change[] {
  return [...theyFail('ADD', msg), onlyOurs('result')];
}

/** Both refuse, the plugin in words and with a code of its own, and with the version that the specification wants. */
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

/** The reference fails where the plugin succeeds. */
export function theyFail(call: string, msg: string): readonly Change[] {
  return [
    change(`${call}: exitCode`, 1, 0),
    change(`${call}: code`, 999, undefined),
    change(`${call}: msg`, msg, undefined),
  ];
}
