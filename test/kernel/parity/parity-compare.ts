import { isDeepStrictEqual } from 'node:util';
import type { Both } from './parity.ts';

/** What is there, by the name of each thing: its attributes. Names, addresses and numbers that chance gave are not in it. */
export type Facts = ReadonlyMap<string, Attributes>;
export type Attributes = Readonly<Record<string, unknown>>;

/** A difference: the thing, or one attribute of it as `THING: ATTRIBUTE`. `undefined` is what is not there. */
export type Change = { readonly at: string; readonly reference: unknown; readonly ours: unknown };

/** Where the two differ. A thing that only one has is one difference, whatever its attributes. */
export function compareFacts({ reference, ours }: Both<Facts>): readonly Change[] {
  const names = new Set([...reference.keys(), ...ours.keys()]);
  return [...names].flatMap((at) => {
    const [theirs, own] = [reference.get(at), ours.get(at)];
    if (theirs === undefined || own === undefined)
      return [{ at, reference: theirs && 'there', ours: own && 'there' }];
    const keys = [...new Set([...Object.keys(theirs), ...Object.keys(own)])];
    return keys
      .filter((key) => JSON.stringify(theirs[key]) !== JSON.stringify(own[key]))
      .map((key) => ({ at: `${at}: ${key}`, reference: theirs[key], ours: own[key] }));
  });
}

/** The leaves of a JSON value, each by its path: `ips[0].address`. An empty object or list is a leaf. */
export function leaves(value: unknown, path = ''): Attributes {
  if (typeof value !== 'object' || value === null) return { [path]: value };
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  if (entries.length === 0) return { [path]: value };
  const isList = Array.isArray(value);
  const step = (key: string): string => (isList ? `[${key}]` : path === '' ? key : `.${key}`);
  return Object.assign({}, ...entries.map(([key, member]) => leaves(member, `${path}${step(key)}`)));
}

/** What is left of the changes when the intended ones are taken out, and which of those have shown in full. */
export function sortOut<Name extends string>(
  changes: readonly Change[],
  intended: ReadonlyMap<Name, readonly Change[]>,
): { readonly found: readonly Name[]; readonly unexplained: readonly Change[] } {
  const shows = (wanted: Change): boolean => changes.some((change) => isSame(change, wanted));
  const found = [...intended].filter(([, wanted]) => wanted.every(shows)).map(([name]) => name);
  const explained = found.flatMap((name) => intended.get(name) ?? []);
  return {
    found: found.sort(),
    unexplained: changes.filter((change) => !explained.some((wanted) => isSame(change, wanted))),
  };
}

/** A `*` in the wanted place stands for anything. */
function isSame(change: Change, wanted: Change): boolean {
  const [start = '', ...rest] = wanted.at.split('*');
  const end = rest.at(-1);
  const place =
    end === undefined ? change.at === start : change.at.startsWith(start) && change.at.endsWith(end);
  return (
    place &&
    isDeepStrictEqual(change.reference, wanted.reference) &&
    isDeepStrictEqual(change.ours, wanted.ours)
  );
}
