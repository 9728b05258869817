import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, test } from 'vitest';
import { canFilterVlans } from '../../helpers/require-kernel.ts';
import { compareRow } from './compare-row.ts';
import type { Difference, Part } from './difference.ts';
import { sortOut } from './parity-compare.ts';
import { intended, type Row } from './row.ts';
import { type Finding, parityTable } from './table.ts';

const FOLDER = new URL('../../../dist/test-results/', import.meta.url);
/** Several run at once, each of more than a dozen calls. */
const TIMEOUT_MS = 300_000;

/** A test for each configuration; together they write the parity table into this file of dist/test-results. */
export function testParity(rows: readonly Row[], file: string): void {
  const findings = new Map<Row, Finding>();
  let filters: boolean;

  beforeAll(async () => {
    filters = await canFilterVlans();
  });
  afterAll(async () => {
    const table = parityTable(rows.flatMap((row) => findings.get(row) ?? []));
    await mkdir(FOLDER, { recursive: true });
    await writeFile(new URL(file, FOLDER), table);
  });

  test.concurrent.for(rows)(
    '$name: as the reference, but for what is meant',
    { timeout: TIMEOUT_MS },
    async (row, { onTestFinished, expect }) => {
      const comparison = await compareRow(row, onTestFinished);
      const parts = [...comparison.keys()];
      const outcomes = new Map(
        parts.map((part) => [part, sortOut(comparison.get(part) ?? [], meant(row, part, filters))]),
      );
      const found = [...outcomes].map(
        ([part, outcome]) => [part, { found: outcome.found, others: outcome.unexplained.length }] as const,
      );
      findings.set(row, { row, parts: new Map(found) });
      const wanted = parts.map((part) => [
        part,
        { found: [...meant(row, part, filters).keys()].sort(), unexplained: [] },
      ]);
      expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(wanted));
    },
  );
}

/** What is meant to differ in this part of the comparison. */
function meant(row: Row, part: Part, filters: boolean) {
  const names = row.intended.filter((name) => {
    const { shows, needsVlanFiltering = false }: Difference = intended[name];
    return part in shows && (filters || !needsVlanFiltering);
  });
  return new Map(
    names.map((name) => [name, (intended[name].shows as Partial<Record<Part, never>>)[part] ?? []]),
  );
}
