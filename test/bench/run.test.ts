import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { growthOf, ratioOf, samplesOf } from '../../scripts/bench/compare.ts';
import { figures, readmeFigures } from '../../scripts/bench/readme.ts';
import { report } from '../../scripts/bench/report.ts';
import {
  type Contender,
  type Run,
  readRun,
  type Samples,
  type Verb,
  writeRun,
} from '../../scripts/bench/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

function samples(wallMs: readonly number[], more: Partial<Samples> = {}): Samples {
  const ones = wallMs.map(() => 1);
  return {
    wallMs,
    userMs: ones,
    systemMs: ones,
    peakKb: ones,
    minorFaults: ones,
    majorFaults: ones,
    ...more,
  };
}

function facts(name: string, kind: Contender['kind']) {
  return { name, kind, path: `/opt/${name}`, sizes: [2_900_000], libraries: [], version: `${name} 1` };
}

function series(
  contender: string,
  verb: Verb,
  wallMs: readonly number[],
  more: { readonly case?: string; readonly peakKb?: readonly number[] } = {},
) {
  const { peakKb } = more;
  return { case: more.case ?? 'plain', contender, verb, samples: samples(wallMs, peakKb && { peakKb }) };
}

const run: Run = {
  command: 'npm run bench',
  date: '2026-11-22',
  machine: { processor: 'A processor', cores: 2, kernel: '6.1' },
  runs: 3,
  contenders: [facts('reference', 'reference'), facts('bun', 'ours')],
  parts: [
    {
      kernel: '6.1',
      series: [
        series('reference', 'ADD', [10, 20, 10]),
        series('reference', 'DEL', [30, 60, 30], { peakKb: [7, 7, 7] }),
        { case: 'plain', contender: 'reference', verb: 'STATUS', refused: 'unknown CNI_COMMAND' },
        series('bun', 'ADD', [5, 10, 7], { peakKb: [2048, 1024, 3072] }),
        series('bun', 'DEL', [15, 30, 25]),
        series('bun', 'STATUS', [4, 4, 4]),
        series('bun', 'ADD', [8, 8, 8], { case: 'port-1' }),
        series('bun', 'ADD', [12, 16, 20], { case: 'port-1000' }),
      ],
    },
  ],
};

describe('a run', () => {
  test('is read as it was written, with one line for each column of numbers', () => {
    const file = join(temporaryDirectory(), 'run.json');
    writeRun(file, run);
    expect(readRun(file)).toEqual(run);
    expect(readFileSync(file, 'utf8').split('\n')).toContain('            "wallMs": [10, 20, 10],');
  });

  test('has ADD and DEL of the same round as a pair', () => {
    const pair = samplesOf(run, { case: 'plain', contender: 'reference', measure: 'ADD+DEL' });
    expect([pair?.wallMs, pair?.userMs, pair?.peakKb]).toEqual([
      [40, 80, 40],
      [2, 2, 2],
      [7, 7, 7],
    ]);
  });

  test.each([
    ['ADD', { median: 0.5, low: 0.5, high: 0.6 }],
    ['ADD+DEL', { median: 0.5, low: 0.5, high: 0.65 }],
    ['STATUS', undefined],
  ] as const)('has the ratio of %s to the reference', (measure, expected) => {
    const ratio = ratioOf(run, { case: 'plain', contender: 'bun', measure });
    expect(ratio === undefined ? undefined : Object.values(ratio)).toEqual(
      expected === undefined ? undefined : Object.values(expected).map((value) => expect.closeTo(value, 10)),
    );
  });

  test('has the growth of a contender beside itself on a bridge without ports', () => {
    expect(growthOf(run, { case: 'port-1000', contender: 'bun', measure: 'ADD' })).toEqual({
      median: 2,
      low: 1.75,
      high: 2.25,
    });
  });
});

describe('the report', () => {
  const lines = report(run)
    .split('\n')
    .map((line) => line.replace(/ +/g, ' '));

  test.each([
    ['what was run where', 'npm run bench: A processor, 2 cores; times in ms'],
    ['the kernel of every case', 'plain: bridge without VLANs, static IPAM (kernel 6.1)'],
    ['median, percentiles, ratio and its quartiles', ' bun 7.0 9.7 9.9 0.50 0.50-0.60 1.0 1.0 2.0 1 1'],
    ['what was refused', 'STATUS reference refused: unknown CNI_COMMAND'],
    ['the growth with the ports', 'ADD bun port number 1,000 of a bridge 2.00 1.75-2.25'],
    ['the executables', 'bun 2.9 bun 1 none'],
  ])('shows %s', (_what, line) => {
    expect(lines).toContain(line);
  });
});

describe("the README's figures", () => {
  test.each([
    ['a column for each contender', '|  | reference | dist/bun/vlan-bridge |'],
    ['medians with their ratio', '| ADD | 10.0 ms | 7.00 ms (0.50, 0.50-0.60) |'],
    ['what the reference cannot do', '| STATUS | cannot | 4.00 ms |'],
    [
      'the growth with the ports',
      '| ADD, port number 1,000 of a bridge, beside number 1 |  | 2.00, 1.75-2.25 |',
    ],
    ['the memory of one ADD', '| peak memory of one ADD | 0.00098 MB | 2.00 MB |'],
  ])('have %s', (_what, row) => {
    expect(figures(run).split('\n')).toContain(row);
  });

  test('are those of the run in test/fixtures/bench', () => {
    const recorded = new URL('../fixtures/bench/run.json', import.meta.url).pathname;
    expect(readmeFigures()).toBe(figures(readRun(recorded)));
  });
});
