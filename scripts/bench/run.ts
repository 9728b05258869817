import { readFileSync, writeFileSync } from 'node:fs';
import type { Usage } from './launcher.ts';

/** The verbs that are measured. */
export type Verb = 'ADD' | 'CHECK' | 'DEL' | 'VERSION' | 'STATUS';

/** One of our executables, another `bridge` plugin, or iproute2 doing the same kernel work. */
export type Contender = {
  readonly name: string;
  readonly kind: 'ours' | 'reference' | 'floor';
  /** The executable; `ip` for iproute2. */
  readonly path: string;
};

/** A contender, with facts about its executables. The paths of ours are relative to the project. */
export type ContenderFacts = Contender & {
  /** The sizes in bytes of the executables that one ADD with static IPAM needs. */
  readonly sizes: readonly number[];
  /** The shared libraries that the dynamic linker must find on the host. */
  readonly libraries: readonly string[];
  /** The version that it prints, or that of its Debian package. */
  readonly version: string;
};

/** One column of numbers per measured quantity; the n-th of each belongs to the n-th round. */
export type Samples = { readonly [Key in keyof Usage]: readonly number[] };

/** One verb of one contender in one case: the measured values, or the refusal. */
export type Series = {
  readonly case: string;
  readonly contender: string;
  readonly verb: Verb;
  readonly samples?: Samples;
  /** The error that another plugin answered. */
  readonly refused?: string;
};

/** The series that were measured on one kernel. */
export type Part = { readonly kernel: string; readonly series: readonly Series[] };

/** A run of the benchmark. */
export type Run = {
  readonly command: string;
  readonly date: string;
  readonly machine: { readonly processor: string; readonly cores: number; readonly kernel: string };
  readonly runs: number;
  readonly contenders: readonly ContenderFacts[];
  readonly parts: readonly Part[];
};

/** Reads a file of `writeRun`. */
export function readRun(file: string): Run {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Writes a run as JSON, with a line for each column of numbers. */
export function writeRun(file: string, run: Run): void {
  const text = JSON.stringify(run, (_key, value) => (isColumn(value) ? `[${value.join(', ')}]` : value), 2);
  writeFileSync(file, `${text.replace(/"(\[[-\d., e]*\])"/g, '$1')}\n`);
}

/** The series of one verb of one contender in one case; `undefined` if it was not measured. */
export function findSeries(
  run: Run,
  wanted: { readonly case: string; readonly contender: string; readonly verb: Verb },
): Series | undefined {
  return run.parts
    .flatMap(({ series }) => series)
    .find(
      (each) => each.case === wanted.case && each.contender === wanted.contender && each.verb === wanted.verb,
    );
}

function isColumn(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}
