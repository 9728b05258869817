/**
 * Measures the plugin beside others, `npm run bench -- --help`. Progress goes to stderr, the result as a table to stdout. What is
 * timed runs in processes of its own (measure.ts), on this machine's kernel or on one that filters VLANs.
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
/** See scripts/shell/kernel.sh. */
const ON_VLAN_KERNEL = '. "$0/packages.sh" && . "$0/kernel.sh" && on_vlan_kernel "$@"';

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
      ...measure({ ...plan, cases: names(false) }, [
        'unshare',
        '--net',
        '--mount',
        '--propagation',
        'private',
      ]),
      ...measure({ ...plan, cases: names(true) }, [
        'bash',
        '-c',
        ON_VLAN_KERNEL,
        join(import.meta.dirname, '../shell'),
      ]),
    ],
  };
}

/** @param runner the words that start a command where it is to run */
function measure(plan: Plan, runner: readonly string[]): readonly Part[] {
  if (plan.cases.length === 0) return [];
  const [command = '', ...args] = [...runner, ...MEASURE, JSON.stringify(plan)];
  const { error, status, stdout } = spawnSync(command, args, {
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
