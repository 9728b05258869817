import { type Group, RELIABILITY } from '../groups/groups.ts';
import { table } from '../project/document.ts';

/** The title of the section in README.md and in test/README.md. */
export const TITLE = 'Reliability';

const WHAT: Readonly<Record<(typeof RELIABILITY)[number], string>> = {
  fuzz: 'generated configurations, environments, results and kernel replies, read in one process',
  inputs: 'generated configurations and environments, given to the executable',
  faults: 'each system call of ADD, DEL, CHECK and GC fails',
  killed: 'killed at each system call of ADD and DEL, followed by the next call of a runtime',
  privilege: 'missing capabilities, planted files, hostile paths and IPAM programs, exhausted limits',
  concurrency:
    '200 ADDs and DELs at once; calls that meet, in any order, while links, bridges and namespaces go away',
  scale: '1,000 ports on one bridge, 1,000 addresses and routes in one pod',
  isolation: 'every kind of frame from every kind of port, and its receivers, also while pods come and go',
};

/** The section of test/README.md about a run of scripts/test: a table of the reliability groups with their cases, failures and kernels. */
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
\`scripts/test\` tries to make the plugin leak, hang or report a wrong result, by the tests in \`test/reliability\`. With \`--soak\` it tries
ten times as many inputs, new ones each time. \`node scripts/summary/summary.ts --readme dist/test-results\` wrote the last run here:
`;

/** The section of README.md about a run of scripts/test: what was tried, how often, and how much of it failed. */
export function reliabilityInShort(groups: readonly Group[]): string {
  const tried = groups.filter(({ name }) => (RELIABILITY as readonly string[]).includes(name));
  const sum = (key: 'cases' | 'failed'): string =>
    tried.reduce((total, group) => total + group[key], 0).toLocaleString('en');
  const kernels = [...new Set(tried.flatMap(({ kernel }) => kernel ?? []))].join(' and ');
  return `
\`scripts/test\` tries to make the plugin leak, hang or report a wrong result. It generates configurations and kernel replies, makes each system call fail, and kills the plugin at each of them. It takes capabilities away, starts 200 calls at once, attaches 1,000 ports, and sends every kind of frame from every kind of port. The last stored run: ${sum('cases')} cases, ${sum('failed')} failed, on Linux ${kernels}. [The table](test/README.md#reliability).
`;
}
