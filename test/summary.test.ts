import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Group, readGroups } from '../scripts/groups/groups.ts';
import { documentSection } from '../scripts/project/document.ts';
import { reliability, reliabilityInShort, TITLE } from '../scripts/summary/reliability.ts';
import { temporaryDirectory } from './helpers/temporary.ts';

const SCRIPT = join(import.meta.dirname, '../scripts/summary/summary.ts');

/** The folder of a run in which every group has had one passing test. */
function resultsOfARun(): string {
  const results = temporaryDirectory();
  writeFileSync(join(results, 'checks'), 'types\tpassed\nlint\tpassed\n');
  writeFileSync(join(results, 'filters'), '');
  const alone = ['unit', 'cross', 'native', 'fuzz'];
  const both = [
    'kernel',
    'vlan',
    'inputs',
    'faults',
    'killed',
    'privilege',
    'concurrency',
    'scale',
    'isolation',
  ];
  for (const name of [...alone, ...both.flatMap((each) => [`${each}-pkg`, `${each}-native`])]) {
    writeReport(results, name, { passed: 1 });
  }
  return results;
}

function writeReport(
  results: string,
  project: string,
  { passed, skipped = 0, cases }: { passed: number; skipped?: number; cases?: number },
): void {
  const meta = cases === undefined ? {} : { cases };
  const assertionResults = Array.from({ length: passed + skipped }, (_, index) => ({
    status: index < passed ? 'passed' : 'skipped',
    fullName: `test ${index}`,
    meta,
  }));
  const report = {
    numTotalTests: passed + skipped,
    numPassedTests: passed,
    success: true,
    testResults: passed + skipped === 0 ? [] : [{ startTime: 1000, endTime: 3000, assertionResults }],
  };
  writeFileSync(join(results, `${project}.json`), JSON.stringify(report));
  writeFileSync(join(results, `${project}.kernel`), '6.1\n');
}

function summarize(results: string) {
  const { status, stdout } = spawnSync(process.execPath, [SCRIPT, results], { encoding: 'utf8' });
  return { status, lines: stdout.trimEnd().split('\n') };
}

test('the closing line counts everything that ran', () => {
  const { status, lines } = summarize(resultsOfARun());
  expect({ status, last: lines.at(-1) }).toEqual({ status: 0, last: '24 passed, 0 failed' });
});

test.each<[string, Parameters<typeof writeReport>[2], string]>([
  ['a test that was skipped', { passed: 1, skipped: 1 }, '24 passed, 1 failed'],
  ['a group in which nothing ran', { passed: 0 }, '23 passed, 1 failed'],
])('%s has failed', (_what, report, last) => {
  const results = resultsOfARun();
  writeReport(results, 'faults-native', report);
  expect(summarize(results)).toMatchObject({ status: 1, lines: expect.arrayContaining([last]) });
});

test('a test that did not pass is named, with the first that it says', () => {
  const results = resultsOfARun();
  const failed = {
    status: 'failed',
    fullName: 'it holds',
    failureMessages: ['\u001b[31mit does not\u001b[39m\n    at'],
  };
  const report = {
    numTotalTests: 1,
    numPassedTests: 0,
    success: false,
    testResults: [{ startTime: 1000, endTime: 3000, assertionResults: [failed] }],
  };
  writeFileSync(join(results, 'fuzz.json'), JSON.stringify(report));
  const { status, lines } = summarize(results);
  const first = lines.slice(0, 3);
  expect({ status, first }).toEqual({
    status: 1,
    first: ['failed: fuzz: it holds (failed)', '  it does not', '      at'],
  });
});

test('a group without a report has failed, and is named', () => {
  const results = temporaryDirectory();
  writeFileSync(join(results, 'checks'), 'types\tpassed\n');
  expect(summarize(results).lines).toContain('failed: the isolation-native tests did not run');
});

test('tests that try many cases are shown with their number', () => {
  const results = resultsOfARun();
  writeReport(results, 'fuzz', { passed: 2, cases: 50_000 });
  expect(summarize(results).lines).toContain(
    'fuzz                2 passed, 0 failed (100000 cases) in 2 s on kernel 6.1',
  );
  expect(reliability(readGroups(results))).toMatch(/ \| 100,000 \| 0 \| 6\.1 \| 2 s \|\n/);
});

describe('the section about reliability', () => {
  const recorded = join(import.meta.dirname, 'fixtures/reliability.json');
  const groups: readonly Group[] = JSON.parse(readFileSync(recorded, 'utf8'));

  test('in test/README.md is the table of the run in test/fixtures', () => {
    expect(documentSection('test/README.md', TITLE)).toBe(reliability(groups));
  });

  test('in README.md has the numbers of the same run', () => {
    expect(documentSection('README.md', TITLE)).toBe(reliabilityInShort(groups));
  });

  test('in README.md counts the reliability groups alone', () => {
    const results = resultsOfARun();
    writeReport(results, 'fuzz', { passed: 2, cases: 50_000 });
    expect(reliabilityInShort(readGroups(results))).toContain('100,014 cases, 0 failed, on Linux 6.1.');
  });
});
