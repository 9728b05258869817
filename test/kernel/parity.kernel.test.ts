import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, expect, test } from 'vitest';
import { callPlugin, createStages } from '../helpers/parity.ts';
import { sortOut } from '../helpers/parity-compare.ts';
import { requireVlanFiltering } from '../helpers/require-kernel.ts';
import { answerRows } from './parity/answer-rows.ts';
import { compareRow } from './parity/compare-row.ts';
import { type Part, VERSIONS } from './parity/difference.ts';
import { effectRows } from './parity/effect-rows.ts';
import { type DifferenceName, intended, type Row } from './parity/row.ts';
import { type Finding, parityTable } from './parity/table.ts';
import { vlanRows } from './parity/vlan-rows.ts';

const FOLDER = new URL('../../dist/test-results/', import.meta.url);
/** Several run at once, each of more than a dozen calls. */
const TIMEOUT_MS = 300_000;

const rows = [...answerRows, ...effectRows, ...vlanRows];
const findings = new Map<Row, Finding>();

requireVlanFiltering();

afterAll(async () => {
  const table = parityTable(rows.flatMap((row) => findings.get(row) ?? []));
  await mkdir(FOLDER, { recursive: true });
  await writeFile(new URL('parity.md', FOLDER), table);
  process.stdout.write(`${table}\n`);
});

test.concurrent.for(rows)(
  '$name: as the reference, but for what is meant',
  { timeout: TIMEOUT_MS },
  async (row, { onTestFinished, expect }) => {
    const comparison = await compareRow(row, onTestFinished);
    const parts = [...comparison.keys()];
    const outcomes = new Map(
      parts.map((part) => [part, sortOut(comparison.get(part) ?? [], meant(row, part))]),
    );
    findings.set(row, {
      row,
      parts: new Map(
        [...outcomes].map(([part, { found, unexplained }]) => [part, { found, others: unexplained.length }]),
      ),
    });
    const wanted = parts.map((part) => [
      part,
      { found: [...meant(row, part).keys()].sort(), unexplained: [] },
    ]);
    expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(wanted));
  },
);

test('every difference that is meant is one of some configuration', () => {
  expect(
    Object.keys(intended).filter((name) =>
      rows.every((row) => !row.intended.includes(name as DifferenceName)),
    ),
  ).toEqual([]);
});

test('1.1.0 is the only version that the reference does not know', async ({ onTestFinished }) => {
  const stages = await createStages(['only'], [], onTestFinished);
  const supported = await Promise.all(
    [...stages.values()].map(({ reference }) => callPlugin(reference, { verb: 'VERSION', config: {} })),
  );
  expect(supported.map(({ json }) => json)).toEqual([
    { cniVersion: '1.0.0', supportedVersions: VERSIONS.filter((version) => version !== '1.1.0') },
  ]);
});

/** What is meant to differ in this part of the comparison. */
function meant(row: Row, part: Part) {
  const names = row.intended.filter((name) => part in intended[name].shows);
  return new Map(
    names.map((name) => [name, (intended[name].shows as Partial<Record<Part, never>>)[part] ?? []]),
  );
}
