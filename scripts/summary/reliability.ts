import { type Group, RELIABILITY } from '../groups/groups.ts';
import { table } from '../project/readme.ts';

/** The title of the README's section. */
export const TITLE = 'Reliability';

const WHAT: Readonly<Record<(typeof RELIABILITY)[number], string>> = {
  fuzz: 'made-up configurations, environments, results and kernel replies, read in one process',
  inputs: 'made-up configurations and environments, given to the executable',
  faults: 'each system call of ADD, DEL, CHECK and GC fails',
  killed: 'killed at each system call of ADD and DEL, then what a runtime does next',
  privilege: 'missing capabilities, planted files, hostile paths and IPAM programs, exhausted limits',
  concurrency:
    '200 ADDs and DELs at once; calls that meet, in any order, while links, bridges and namespaces go away',
  scale: '1,000 ports on one bridge, 1,000 addresses and routes in one pod',
  isolation: 'every kind of frame from every kind of port: who receives it, and while pods come and go',
};

/** The README's section about a run of scripts/test: a table of the reliability groups with their cases, failures and kernels. */
export function reliability(groups: readonly Group[]): string {
  const rows = RELIABILITY.flatMap((name) =>
    groups
      .filter((group) => group.name === name)
      .map(({ executable, cases, failed, kernel = '', seconds = 0 }) => [
        WHAT[name],
        executable === undefined ? '' : `dist/${executable}`,
        cases.toLocaleString('en'),
        `${failed}`,
        kernel,
        `${seconds.toFixed(0)} s`,
      ]),
  );
  return `${INTRO}\n${table([['what is tried', 'executable', 'cases', 'failed', 'kernel', 'time'], ...rows])}`;
}

const INTRO = `
Nothing leaks, nothing hangs, nothing lies: \`scripts/test\` tries to make it, by what is in \`test/reliability\`. With \`--soak\` it tries
ten times as much, and other inputs each time. \`node scripts/summary/summary.ts --readme dist/test-results\` has written the last run here:
`;
