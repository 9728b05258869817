import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Group, projectOf, readGroups } from '../groups/groups.ts';
import { writeDocumentSection } from '../project/document.ts';
import { ROOT } from '../project/root.ts';
import { reliability, reliabilityInShort, TITLE } from './reliability.ts';

const USAGE = `usage: node scripts/summary/summary.ts [--readme] RESULTS

Prints the outcome of a run of scripts/test from its folder RESULTS (dist/test-results). Exits with 1 if anything failed.

  --readme  also write the outcome of the reliability groups into README.md, test/README.md and
            test/fixtures/reliability.json
`;

/** Prints one line for each group; the last line counts all tests and checks. @returns the exit code: 1 if anything failed */
function summary(groups: readonly Group[]): number {
  for (const group of groups) console.log(lineOf(group));
  const passed = total(groups.map((group) => group.passed));
  const failed = total(groups.map((group) => group.failed));
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

function lineOf(group: Group): string {
  const { passed, failed, cases, seconds, kernel, executable } = group;
  const many = cases === passed + failed ? '' : ` (${cases} cases)`;
  const time = seconds === undefined ? '' : ` in ${seconds.toFixed(0)} s`;
  const where = kernel === undefined ? '' : ` on kernel ${kernel}`;
  const what = executable === undefined ? '' : `, dist/${executable}/vlan-bridge`;
  return `${projectOf(group).padEnd(15)} ${String(passed).padStart(5)} passed, ${failed} failed${many}${time}${where}${what}`;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0);
}

/** Writes these groups into the documents, and a copy into test/fixtures: a test compares them. */
function publish(groups: readonly Group[]): void {
  const copy = join(ROOT, 'test/fixtures/reliability.json');
  writeFileSync(copy, `${JSON.stringify(groups, undefined, 2)}\n`);
  writeDocumentSection('test/README.md', TITLE, reliability(groups));
  writeDocumentSection('README.md', TITLE, reliabilityInShort(groups));
}

const [first, second] = process.argv.slice(2);
const results = first === '--readme' ? second : first;
if (results === undefined || results.startsWith('-')) {
  process.stdout.write(USAGE);
  process.exitCode = first === '--help' || first === '-h' ? 0 : 2;
} else {
  const groups = readGroups(results);
  process.exitCode = summary(groups);
  if (first === '--readme') publish(groups);
}
