import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The vitest projects; those of `host` run only on a kernel that cannot filter VLANs. */
const GROUPS = ['unit', 'cross', 'host-pkg', 'host-bun', 'kernel-pkg', 'kernel-bun', 'vlan-pkg', 'vlan-bun'];

/** One group of checks or tests as the summary shows it. */
type Group = {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number | undefined;
  readonly kernel: string;
};

/** The part of vitest's JSON report that is read. */
type Report = {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
  readonly testResults: readonly { readonly startTime: number; readonly endTime: number }[];
};

/**
 * Prints what ran, where, and how it ended; the closing line counts everything. Exit code 1 when anything failed, when a test
 * was skipped, or when a group that must run has no report.
 *
 * @param results the folder that scripts/test has filled
 */
function summary(results: string): number {
  const groups = [checks(results), ...GROUPS.flatMap((name) => testGroup(results, name))];
  for (const { name, passed, failed, seconds, kernel } of groups) {
    const time = seconds === undefined ? '' : ` in ${seconds.toFixed(0)} s`;
    console.log(`${name.padEnd(10)} ${String(passed).padStart(5)} passed, ${failed} failed${time}${kernel}`);
  }
  const passed = total(groups.map((group) => group.passed));
  const failed = total(groups.map((group) => group.failed));
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

function checks(results: string): Group {
  const lines = readFileSync(join(results, 'checks'), 'utf8').trim().split('\n');
  const failures = lines.filter((line) => !line.endsWith('\tpassed'));
  for (const line of failures) console.log(`failed: ${line.split('\t')[0]}`);
  return {
    name: 'checks',
    passed: lines.length - failures.length,
    failed: failures.length,
    seconds: undefined,
    kernel: '',
  };
}

/** No group where the host's own kernel makes it pointless; a missing report counts as a failure, and so does a skipped test. */
function testGroup(results: string, name: string): readonly Group[] {
  const kernelFile = join(results, `${name}.kernel`);
  if (name.startsWith('host-') && !existsSync(kernelFile)) return [];
  const reportFile = join(results, `${name}.json`);
  if (!existsSync(reportFile)) {
    console.log(`failed: the ${name} tests did not run`);
    return [{ name, passed: 0, failed: 1, seconds: undefined, kernel: '' }];
  }
  const report: Report = JSON.parse(readFileSync(reportFile, 'utf8'));
  const failed = report.numTotalTests - report.numPassedTests;
  const nothingRan = report.numTotalTests === 0 && readFileSync(join(results, 'filters'), 'utf8') === '';
  const brokenFiles = nothingRan || (!report.success && failed === 0) ? 1 : 0;
  const starts = report.testResults.map(({ startTime }) => startTime);
  const ends = report.testResults.map(({ endTime }) => endTime);
  const seconds = report.testResults.length === 0 ? 0 : (Math.max(...ends) - Math.min(...starts)) / 1000;
  const executable = name.split('-')[1];
  const kernel = ` on kernel ${readFileSync(kernelFile, 'utf8').trim()}${executable ? `, dist/${executable}/vlan-bridge` : ''}`;
  return [{ name, passed: report.numPassedTests, failed: failed + brokenFiles, seconds, kernel }];
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0);
}

const [results] = process.argv.slice(2);
if (results === undefined) throw new Error('usage: test-summary.ts RESULTS');
process.exitCode = summary(results);
