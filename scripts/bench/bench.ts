/**
 * Measures the plugin beside other plugins, `npm run bench -- --help`. Progress goes to stderr, the result as a table to stdout.
 * measure.ts does the timing in separate processes, on this machine's kernel and on a kernel that filters VLANs.
 */
import { spawnSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { selectCases } from './cases.ts';
import { factsOf, findContenders } from './contenders.ts';
import { buildLauncher } from './launcher.ts';
import type { Plan } from './measure.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { writeReadme } from './readme.ts';
import { report } from './report.ts';
import { type Part, type Run, readRun, writeRun } from './run.ts';

const MEASURE = [process.execPath, join(import.meta.dirname, 'measure.ts')];
const SHELL = join(import.meta.dirname, '../shell');
/** Calls the function of shell/kernel.sh that the first argument names. */
const ON_KERNEL = '. "$0/packages.sh" && . "$0/kernel.sh" && "$@"';

function bench(argv: readonly string[]): void {
  const options = parseOptions(argv);
  if (options.help) process.stdout.write(usage());
  else if (options.readme !== undefined) writeReadme(readRun(options.readme));
  else measureAll(options, argv);
}

function measureAll(options: Options, argv: readonly string[]): void {
  const run = runAll(options, ['npm run bench', ...(argv.length === 0 ? [] : ['--', ...argv])].join(' '));
  if (options.json !== undefined) writeRun(options.json, run);
  process.stdout.write(`${report(run)}\n`);
}

function runAll(options: Options, command: string): Run {
  const contenders = findContenders(options.peers, options.only);
  if (!contenders.some(({ kind }) => kind === 'reference'))
    console.error(
      'bench: no reference to compare with; install containernetworking-plugins, or name one by --peer',
    );
  const cases = selectCases(options.cases);
  const names = (filtering: boolean): readonly string[] =>
    cases.filter(({ vlans }) => (vlans !== undefined) === filtering).map(({ name }) => name);
  const plan = { launcher: buildLauncher(), runs: options.runs, contenders };
  return {
    command,
    date: new Date().toISOString().slice(0, 10),
    machine: { processor: cpus()[0]?.model.trim() ?? 'unknown', cores: cpus().length, kernel: release() },
    runs: options.runs,
    contenders: contenders.map(factsOf),
    parts: [
      ...measure({ ...plan, cases: names(false) }, 'on_this_kernel'),
      ...measure({ ...plan, cases: names(true) }, 'on_vlan_kernel'),
    ],
  };
}

/** @param runner the function of shell/kernel.sh that chooses the kernel */
function measure(plan: Plan, runner: 'on_this_kernel' | 'on_vlan_kernel'): readonly Part[] {
  if (plan.cases.length === 0) return [];
  const args = ['-c', ON_KERNEL, SHELL, runner, ...MEASURE, JSON.stringify(plan)];
  const { error, status, stdout } = spawnSync('bash', args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0)
    throw error ?? new Error(`nothing measured of ${plan.cases.join(', ')}: exit code ${status}`);
  return [JSON.parse(stdout)];
}

try {
  bench(process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
