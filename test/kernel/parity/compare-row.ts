import type { Cleanup } from '../../helpers/netns.ts';
import type { Part, Version } from './difference.ts';
import {
  type Both,
  callPlugin,
  createTestbeds,
  type Outcome,
  onBoth,
  type ParityCall,
  pingAll,
  type Testbed,
} from './parity.ts';
import { type Change, compareFacts, type Facts, leaves } from './parity-compare.ts';
import { type Neutral, namesIn, observe } from './parity-facts.ts';
import type { Row } from './row.ts';

/** The newest that the reference knows, and where the kernel is looked at too. */
const NEWEST_THERE = '1.0.0';

/** What differs between the two plugins, by what was compared. */
export type Comparison = ReadonlyMap<Part, readonly Change[]>;

/**
 * Does what the configuration says with both plugins, each in namespaces of its own: ADD in every version of the row, CHECK, DEL.
 * Where only one of them accepts it, there is nothing more to compare than that.
 */
export async function compareRow(row: Row, cleanup: Cleanup): Promise<Comparison> {
  const testbeds = await createTestbeds(row.versions, row.node ?? [], cleanup);
  const comparison = new Map<Part, readonly Change[]>();
  const note = (part: Part, changes: readonly Change[]): void => {
    comparison.set(part, [...(comparison.get(part) ?? []), ...changes]);
  };
  for (const [version, testbed] of testbeds) {
    const added = await callBoth(testbed, row, { verb: 'ADD', version });
    if (version === NEWEST_THERE) await compareAll(testbed, row, { added, note });
    else note(version, compareFacts(answers('ADD', added, names(testbed, added))));
    if (version === '0.4.0' && isAccepted(added))
      note('CHECK', await check(testbed, row, { added, version }));
  }
  return comparison;
}

type Note = (part: Part, changes: readonly Change[]) => void;

async function compareAll(
  testbed: Both<Testbed>,
  row: Row,
  { added, note }: { added: Both<Outcome>; note: Note },
): Promise<void> {
  const version = NEWEST_THERE;
  const seen = await onBoth((side) => observe(testbed[side]));
  note(version, compareFacts(answers('ADD', added, neutrals(seen))));
  if (succeeded(added.reference) !== succeeded(added.ours)) return;
  const pings = await onBoth((side) => pingAll(testbed[side], row.ping ?? []));
  note('state', [...compareFacts(factsOf(seen)), ...unanswered(pings)]);
  if (isAccepted(added)) note('CHECK', await check(testbed, row, { added, version }));
  const deleted = await callBoth(testbed, row, { verb: 'DEL', version });
  const left = await onBoth((side) => observe(testbed[side]));
  note('DEL', [...compareFacts(answers('DEL', deleted, neutrals(left))), ...compareFacts(factsOf(left))]);
}

async function check(
  testbed: Both<Testbed>,
  row: Row,
  { added, version }: { added: Both<Outcome>; version: Version },
): Promise<readonly Change[]> {
  const checked = await onBoth((side) => {
    const config = { ...row.keys, cniVersion: version, prevResult: added[side].json };
    return callPlugin(testbed[side], { verb: 'CHECK', config, args: row.args });
  });
  return compareFacts(answers(`CHECK of ${version}`, checked, names(testbed, added)));
}

function callBoth(
  testbed: Both<Testbed>,
  row: Row,
  { verb, version }: { verb: ParityCall['verb']; version: Version },
): Promise<Both<Outcome>> {
  return onBoth((side) => {
    const cniVersion = side === 'reference' && version === '1.1.0' ? NEWEST_THERE : version;
    return callPlugin(testbed[side], { verb, config: { ...row.keys, cniVersion }, args: row.args });
  });
}

/** How the calls ended, and the results of those that printed one. */
function answers(name: string, outcomes: Both<Outcome>, neutral: Both<Neutral>): Both<Facts> {
  const facts = (side: 'reference' | 'ours'): Facts => {
    const { exitCode, stdout, stderr } = outcomes[side];
    const printed = stdout === '' ? undefined : leaves(JSON.parse(neutral[side](stdout)));
    const how = { exitCode, stderr, ...(exitCode === 0 ? {} : printed) };
    return new Map([[name, how], ...(exitCode === 0 && printed ? [['result', printed] as const] : [])]);
  };
  return { reference: facts('reference'), ours: facts('ours') };
}

function names(testbed: Both<Testbed>, { reference, ours }: Both<Outcome>): Both<Neutral> {
  return { reference: namesIn(testbed.reference, reference.json), ours: namesIn(testbed.ours, ours.json) };
}

function succeeded({ exitCode }: Outcome): boolean {
  return exitCode === 0;
}

function isAccepted({ reference, ours }: Both<Outcome>): boolean {
  return succeeded(reference) && succeeded(ours);
}

type Seen = { readonly facts: Facts; readonly neutral: Neutral };

function neutrals({ reference, ours }: Both<Seen>): Both<Neutral> {
  return { reference: reference.neutral, ours: ours.neutral };
}

function factsOf({ reference, ours }: Both<Seen>): Both<Facts> {
  return { reference: reference.facts, ours: ours.facts };
}

/** That neither gets an answer is no parity either. */
function unanswered({ reference, ours }: Both<Readonly<Record<string, boolean>>>): readonly Change[] {
  const silent = Object.keys(ours).filter((address) => !(reference[address] && ours[address]));
  return silent.map((address) => ({
    at: `ping ${address}`,
    reference: reference[address],
    ours: ours[address],
  }));
}
