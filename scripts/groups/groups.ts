import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** One group of checks or tests: a vitest project, on one executable where it is about the executables. */
export type Group = {
  readonly name: string;
  /** Folder of the executable below dist. */
  readonly executable?: string;
  readonly passed: number;
  readonly failed: number;
  /** How many cases the tests have tried: one each, or as many as a test says. */
  readonly cases: number;
  readonly seconds?: number;
  /** `uname -r`. */
  readonly kernel?: string;
};

/** The tests that try to break the executables: folders of test/reliability. */
export const RELIABILITY = [
  'fuzz',
  'inputs',
  'faults',
  'killed',
  'privilege',
  'concurrency',
  'scale',
  'isolation',
] as const;

/** Groups in this process, and groups on both executables. */
const ALONE = ['unit', 'cross', 'fuzz'];
const ON_EXECUTABLES = ['host', 'kernel', 'vlan', ...RELIABILITY.filter((name) => name !== 'fuzz')];

/** The part of vitest's JSON report that is read. */
type Report = {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly startTime: number;
    readonly endTime: number;
    readonly assertionResults: readonly TestResult[];
  }[];
};

type TestResult = {
  readonly status: string;
  readonly fullName: string;
  readonly failureMessages?: readonly string[];
  readonly meta?: { readonly cases?: number };
};

/** How much of what a failed test says is shown, in lines and in characters of each: the rest is in the report. */
const SHOWN = { lines: 12, width: 1000 };

/** What ran and how it ended. A missing report counts as a failure, and so does a skipped test. @param results the folder that scripts/test has filled */
export function readGroups(results: string): readonly Group[] {
  const pairs = ON_EXECUTABLES.flatMap((name) => ['pkg', 'bun'].map((executable) => ({ name, executable })));
  return [
    checks(results),
    ...ALONE.map((name) => testGroup(results, { name })),
    // A kernel that filters VLANs has no use for the tests of one that cannot.
    ...pairs
      .filter(
        ({ name, executable }) => name !== 'host' || existsSync(kernelFile(results, { name, executable })),
      )
      .map((group) => testGroup(results, group)),
  ];
}

/** The project's name in vitest, after which the files in `results` are called. */
export function projectOf({ name, executable }: Pick<Group, 'name' | 'executable'>): string {
  return executable === undefined ? name : `${name}-${executable}`;
}

function checks(results: string): Group {
  const lines = readFileSync(join(results, 'checks'), 'utf8').trim().split('\n');
  const failures = lines.filter((line) => !line.endsWith('\tpassed'));
  for (const line of failures) console.log(`failed: ${line.split('\t')[0]}`);
  return {
    name: 'checks',
    passed: lines.length - failures.length,
    failed: failures.length,
    cases: lines.length,
  };
}

function testGroup(results: string, group: Pick<Group, 'name' | 'executable'>): Group {
  const reportFile = join(results, `${projectOf(group)}.json`);
  if (!existsSync(reportFile)) {
    console.log(`failed: the ${projectOf(group)} tests did not run`);
    return { ...group, passed: 0, failed: 1, cases: 0 };
  }
  const report: Report = JSON.parse(readFileSync(reportFile, 'utf8'));
  for (const line of failuresOf(report)) console.log(`failed: ${projectOf(group)}: ${line}`);
  const failed = report.numTotalTests - report.numPassedTests;
  const nothingRan = report.numTotalTests === 0 && readFileSync(join(results, 'filters'), 'utf8') === '';
  const brokenFiles = nothingRan || (!report.success && failed === 0) ? 1 : 0;
  return {
    ...group,
    passed: report.numPassedTests,
    failed: failed + brokenFiles,
    cases: casesOf(report),
    seconds: secondsOf(report),
    kernel: readFileSync(kernelFile(results, group), 'utf8').trim(),
  };
}

/** Each test that did not pass, with what it says. */
function failuresOf({ testResults }: Report): readonly string[] {
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status !== 'passed')
    .map(({ status, fullName, failureMessages = [] }) => {
      const said = stripVTControlCharacters(failureMessages.join('\n')).split('\n');
      const shown = said.slice(0, SHOWN.lines).map((line) => line.slice(0, SHOWN.width));
      return [`${fullName} (${status})`, ...shown].join('\n  ').trimEnd();
    });
}

function kernelFile(results: string, group: Pick<Group, 'name' | 'executable'>): string {
  return join(results, `${projectOf(group)}.kernel`);
}

function casesOf({ testResults }: Report): number {
  const cases = testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ meta }) => meta?.cases ?? 1),
  );
  return cases.reduce((sum, value) => sum + value, 0);
}

function secondsOf({ testResults }: Report): number {
  const starts = testResults.map(({ startTime }) => startTime);
  const ends = testResults.map(({ endTime }) => endTime);
  return testResults.length === 0 ? 0 : (Math.max(...ends) - Math.min(...starts)) / 1000;
}
