import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** One group of checks or tests. A group of tests is a vitest project; if it tests executables, on one of them. */
export type Group = {
  readonly name: string;
  /** Folder of the executable below dist. */
  readonly executable?: string;
  readonly passed: number;
  readonly failed: number;
  /** The number of cases that the tests have tried: one each, or the number that a test reports. */
  readonly cases: number;
  readonly seconds?: number;
  /** `uname -r`. */
  readonly kernel?: string;
};

/** The groups of tests that try to break the executables: folders of test/reliability. */
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

/** Groups that run once, and groups that run on each executable. */
const ALONE = ['unit', 'cross', 'native', 'fuzz'];
const ON_EXECUTABLES = ['host', 'kernel', 'vlan', ...RELIABILITY.filter((name) => name !== 'fuzz')];

/** The part of vitest's JSON report that this file reads. */
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

/** The shown part of the message of a failed test, in lines and in characters per line. The report has the rest. */
const SHOWN = { lines: 12, width: 1000 };

/**
 * All groups of a run with their outcomes. A missing report counts as a failure, and so does a skipped test.
 * @param results the folder of a run of scripts/test
 */
export function readGroups(results: string): readonly Group[] {
  const pairs = ON_EXECUTABLES.flatMap((name) =>
    ['pkg', 'native'].map((executable) => ({ name, executable })),
  );
  return [
    checks(results),
    ...ALONE.map((name) => testGroup(results, { name })),
    // scripts/test runs the host group only on a kernel without VLAN filtering.
    ...pairs
      .filter(
        ({ name, executable }) => name !== 'host' || existsSync(kernelFile(results, { name, executable })),
      )
      .map((group) => testGroup(results, group)),
  ];
}

/** The name of the vitest project, and of the group's files in `results` without their extension. */
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

/** Each test that did not pass, with the start of its message. */
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
