/**
 * Usage: node scripts/bench/measure.ts PLAN, a `Plan` as JSON. bench.ts starts it by on_this_kernel or on_vlan_kernel, which give it
 * its own /run. Measures on the current kernel. Progress goes to stderr, a `Part` as JSON to stdout.
 */
import { release } from 'node:os';
import { podAddress, processes, type Subject } from './calls.ts';
import { type Case, roundsOf, selectCases } from './cases.ts';
import { launch, type Usage } from './launcher.ts';
import { attachmentProblem, makeHost, makePods, netnsPath } from './place.ts';
import type { Contender, Part, Samples, Series, Verb } from './run.ts';

/** The cases to measure, and the contenders to measure them with. */
export type Plan = {
  readonly launcher: string;
  readonly runs: number;
  /** Names of cases. */
  readonly cases: readonly string[];
  readonly contenders: readonly Contender[];
};

/** A verb of a subject, while it is measured. */
type Column = { readonly verb: Verb; readonly usages: Usage[]; refused?: string };

/** A subject, while it is measured. */
type Measured = { readonly subject: Subject; readonly columns: readonly Column[] };

/** Rounds that are not counted: the plugins make their bridges, the kernel reads files into the page cache. */
const WARM_UP = 2;

function measure(plan: Plan): Part {
  const groups = Map.groupBy(selectCases(plan.cases), ({ group }) => group);
  return {
    kernel: release(),
    series: [...groups.values()].flatMap((group) => measureGroup(plan, group)),
  };
}

/** Cases of one group have the same number of rounds. */
function measureGroup(plan: Plan, group: readonly Case[]): readonly Series[] {
  const [first] = group;
  if (first === undefined) return [];
  const all = group.flatMap((each) => prepare(plan, each));
  const rounds = roundsOf(first, plan.runs);
  for (let round = -WARM_UP; round < rounds; round += 1) {
    tell(first.group, round, rounds);
    for (const measured of shuffled(all)) oneRound(plan, measured, round);
  }
  return all.flatMap(({ subject, columns }) =>
    columns.map(({ verb, usages, refused }) => ({
      case: subject.case.name,
      contender: subject.contender.name,
      verb,
      ...(refused === undefined ? { samples: samplesOf(usages) } : { refused }),
    })),
  );
}

/** Makes hosts and pods before the first timing. They stay to the end: the kernel works on in the background after a removal. */
function prepare({ contenders }: Plan, each: Case): readonly Measured[] {
  const pods = makePods(each);
  const shared = `${each.name}-host`;
  if (each.ports !== undefined) makeHost(each, shared, { bridge: true });
  return contenders.map((contender) => {
    const host = each.ports === undefined ? `${each.name}-host-${contender.name}` : shared;
    if (each.ports === undefined) makeHost(each, host, { bridge: contender.kind === 'floor' });
    const subject = { contender, case: each, place: { host, pods } };
    const verbs = each.verbs.filter((verb) => contender.kind !== 'floor' || verb === 'ADD' || verb === 'DEL');
    return { subject, columns: verbs.map((verb) => ({ verb, usages: [] })) };
  });
}

/** Calls all verbs of one subject, one after the other. */
function oneRound(plan: Plan, { subject, columns }: Measured, round: number): void {
  let results: readonly string[] = [];
  for (const column of columns.filter(({ refused }) => refused === undefined)) {
    const { usage, ended, answer } = call(plan, subject, { verb: column.verb, results });
    if (column.verb === 'ADD') results = ended.map(({ stdout }) => stdout);
    const problem = answer ?? (column.verb === 'ADD' && round === -WARM_UP ? problemOf(subject) : undefined);
    if (problem === undefined) {
      if (round >= 0) column.usages.push(usage);
      continue;
    }
    requireRefusable(subject, column.verb, { problem, round });
    column.refused = problem;
    if (column.verb !== 'ADD') continue;
    call(plan, subject, { verb: 'DEL', results });
    for (const each of columns) each.refused = problem;
    return;
  }
}

/** @returns the measured values, and as `answer` the output of the first process that failed */
function call(
  { launcher }: Plan,
  subject: Subject,
  { verb, results }: { verb: Verb; results: readonly string[] },
): Pick<ReturnType<typeof launch>, 'usage' | 'ended'> & { readonly answer: string | undefined } {
  const started = processes(subject, verb, results);
  const { usage, ended, stderr } = launch(launcher, netnsPath(subject.place.host), started);
  const failed = ended.find(({ exitCode }) => exitCode !== 0);
  return { usage, ended, answer: failed && [failed.stdout, stderr].join(' ').replace(/\s+/g, ' ').trim() };
}

function problemOf({ place, case: each }: Subject): string | undefined {
  return attachmentProblem(
    place,
    each,
    place.pods.map((_pod, index) => podAddress(index)),
  );
}

/** Accepts a refusal by another plugin in the first round. @throws Error for every other failure */
function requireRefusable(
  { contender, case: { name } }: Subject,
  verb: Verb,
  { problem, round }: { problem: string; round: number },
): void {
  if (contender.kind === 'reference' && round === -WARM_UP) return;
  throw new Error(`${name}: ${verb} by ${contender.path} in round ${round}: ${problem}`);
}

function samplesOf(usages: readonly Usage[]): Samples {
  const column = (key: keyof Usage): readonly number[] =>
    usages.map((usage) => Number(usage[key].toFixed(3)));
  return {
    wallMs: column('wallMs'),
    userMs: column('userMs'),
    systemMs: column('systemMs'),
    peakKb: column('peakKb'),
    minorFaults: column('minorFaults'),
    majorFaults: column('majorFaults'),
  };
}

/** Another order every round: a contender must not always follow the same one. */
function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

function tell(group: string, round: number, rounds: number): void {
  if (round === -WARM_UP) console.error(`bench: ${group}: warming up`);
  else if (round >= 0 && round % Math.ceil(rounds / 5) === 0)
    console.error(`bench: ${group}: round ${round + 1} of ${rounds}`);
}

const [plan] = process.argv.slice(2);
if (plan === undefined) throw new Error('usage: measure.ts PLAN');
process.stdout.write(`${JSON.stringify(measure(JSON.parse(plan)))}\n`);
