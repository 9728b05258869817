import { cases } from './cases.ts';
import type { Usage } from './launcher.ts';
import { findSeries, type Run, type Samples, type Verb } from './run.ts';
import { pairedRatio, type Spread } from './statistics.ts';

/** The subject of a table row: a verb, or an ADD and the DEL after it. */
export type Measure = Verb | 'ADD+DEL';

/** The case whose bridge exists before the first ADD, without a port. */
const EMPTY = 'port-1';

/** One measure of one contender in one case. */
export type Wanted = { readonly case: string; readonly contender: string; readonly measure: Measure };

/** The name of the contender that ratios compare with; `undefined` if none took part. */
export function baseOf(run: Run): string | undefined {
  return run.contenders.find(({ kind }) => kind === 'reference')?.name;
}

/** The ratio of its wall time to the reference's; `undefined` if one of the two was not measured. */
export function ratioOf(run: Run, wanted: Wanted): Spread | undefined {
  const base = baseOf(run);
  return base === undefined ? undefined : compare(run, wanted, { ...wanted, contender: base });
}

/** The cases whose bridge has ports before the first ADD. */
export const growthCases = cases.filter(({ ports = 0 }) => ports > 0);

/** The ratio of its wall time on a bridge with ports to its own on the bridge without ports, in the same round. */
export function growthOf(run: Run, wanted: Wanted): Spread | undefined {
  return compare(run, wanted, { ...wanted, case: EMPTY });
}

/** The measured values of a verb, or of ADD and DEL together; `undefined` if not measured or refused. */
export function samplesOf(run: Run, wanted: Wanted): Samples | undefined {
  const { measure, ...place } = wanted;
  if (measure !== 'ADD+DEL') return findSeries(run, { ...place, verb: measure })?.samples;
  const add = findSeries(run, { ...place, verb: 'ADD' })?.samples;
  const del = findSeries(run, { ...place, verb: 'DEL' })?.samples;
  if (add === undefined || del === undefined) return undefined;
  const joined = (key: keyof Usage, join: (a: number, b: number) => number): readonly number[] =>
    add[key].map((value, round) => join(value, del[key][round] ?? Number.NaN));
  const sum = (a: number, b: number): number => a + b;
  return {
    wallMs: joined('wallMs', sum),
    userMs: joined('userMs', sum),
    systemMs: joined('systemMs', sum),
    peakKb: joined('peakKb', Math.max),
    minorFaults: joined('minorFaults', sum),
    majorFaults: joined('majorFaults', sum),
  };
}

/** The verbs of a case that were measured, ADD and DEL also as a pair. */
export function measuresOf(run: Run, name: string): readonly Measure[] {
  const verbs = cases.find((each) => each.name === name)?.verbs ?? [];
  const measured = verbs.filter((verb) =>
    run.contenders.some(
      ({ name: contender }) => findSeries(run, { case: name, contender, verb }) !== undefined,
    ),
  );
  const pair = measured.includes('ADD') && measured.includes('DEL') && verbs.length > 2;
  return measured.flatMap((verb) => (verb === 'DEL' && pair ? [verb, 'ADD+DEL' as const] : [verb]));
}

function compare(run: Run, wanted: Wanted, reference: Wanted): Spread | undefined {
  const [own, others] = [samplesOf(run, wanted), samplesOf(run, reference)];
  return own && others && pairedRatio(own.wallMs, others.wallMs);
}
