import { cases } from './cases.ts';
import { growthCases, growthOf, measuresOf, ratioOf, samplesOf, type Wanted } from './compare.ts';
import { type ContenderFacts, findSeries, type Run, type Series } from './run.ts';
import { mean, median, quantile, type Spread } from './statistics.ts';

const HEAD = [
  '',
  '',
  'median',
  'p95',
  'p99',
  'ratio',
  'quartiles',
  'user',
  'system',
  'peak MB',
  'faults',
  'major',
];

/** The whole run as text for a terminal. */
export function report(run: Run): string {
  const { processor, cores } = run.machine;
  const sections = run.parts.flatMap(({ kernel, series }) =>
    cases
      .filter(({ name }) => series.some((each) => each.case === name))
      .map((each) => `\n${each.name}: ${each.title} (kernel ${kernel})\n${table(caseRows(run, each.name))}`),
  );
  const growth = growthRows(run);
  return [
    `${run.command}: ${processor}, ${cores} cores; times in ms`,
    ...sections,
    ...(growth.length === 0
      ? []
      : [`\n${table([['', '', 'beside port number 1', 'ratio', 'quartiles'], ...growth])}`]),
    `\n${table([['', 'MB', 'version', 'shared libraries'], ...run.contenders.map(factsRow)], 4)}`,
    '\nratio: median of the ratios to the reference in the same round; user, system: means',
  ].join('\n');
}

function caseRows(run: Run, name: string): readonly (readonly string[])[] {
  const rows = measuresOf(run, name).flatMap((measure) =>
    run.contenders.flatMap((contender, index) => {
      const row = measuredRow(run, { case: name, contender: contender.name, measure });
      return row === undefined ? [] : [[index === 0 ? measure : '', contender.name, ...row]];
    }),
  );
  return [HEAD, ...rows];
}

function measuredRow(run: Run, wanted: Wanted): readonly string[] | undefined {
  const samples = samplesOf(run, wanted);
  if (samples === undefined) return refusedRow(run, wanted);
  const { wallMs, userMs, systemMs, peakKb, minorFaults, majorFaults } = samples;
  return [
    ...[median(wallMs), quantile(wallMs, 0.95), quantile(wallMs, 0.99)].map((value) => value.toFixed(1)),
    ...spreadCells(ratioOf(run, wanted)),
    mean(userMs).toFixed(1),
    mean(systemMs).toFixed(1),
    (median(peakKb) / 1024).toFixed(1),
    median(minorFaults).toFixed(0),
    median(majorFaults).toFixed(0),
  ];
}

function spreadCells(spread: Spread | undefined): readonly [median: string, quartiles: string] {
  if (spread === undefined) return ['', ''];
  return [spread.median.toFixed(2), `${spread.low.toFixed(2)}-${spread.high.toFixed(2)}`];
}

function refusedRow(run: Run, { measure, ...place }: Wanted): readonly string[] | undefined {
  const series: Series | undefined =
    measure === 'ADD+DEL' ? undefined : findSeries(run, { ...place, verb: measure });
  return series?.refused === undefined ? undefined : [`refused: ${series.refused}`];
}

/** The ratios of ADD and DEL on a bridge with ports to those on the bridge without ports. */
function growthRows(run: Run): readonly (readonly string[])[] {
  return growthCases.flatMap((each) =>
    (['ADD', 'DEL'] as const).flatMap((measure) =>
      run.contenders.flatMap(({ name: contender }) => {
        const spread = growthOf(run, { case: each.name, contender, measure });
        return spread === undefined ? [] : [[measure, contender, each.title, ...spreadCells(spread)]];
      }),
    ),
  );
}

function factsRow({ name, version, sizes, libraries }: ContenderFacts): readonly string[] {
  const megabytes = sizes.map((bytes) => (bytes / 1e6).toFixed(1)).join(' + ');
  return [name, megabytes, version, libraries.join(' ') || 'none'];
}

/**
 * Pads all columns to equal width. The last cell of a row with fewer cells than the first may be longer.
 * @param words the number of columns with words, which are aligned to the left
 */
function table(rows: readonly (readonly string[])[], words = 2): string {
  const full = rows.filter((row) => row.length === rows[0]?.length);
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...full.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number): string =>
    column < words ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
