import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { release } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** A plugin to be measured: its executable, and the `type` that its configuration states. */
type Contender = { readonly name: string; readonly path: string };

const REFERENCE = '/usr/lib/cni/bridge';
const NETNS = '/run/netns/bench';
const USAGE = `usage: npm run bench -- [--runs N]

Times ADD and DEL of a plain bridge with static IPAM, of dist/pkg/vlan-bridge and of the reference bridge plugin
(package containernetworking-plugins), taking turns in one run, in a network namespace of its own.
`;

/** Runs ADD and DEL of every contender in turn, and prints the medians and their ratio to the reference. */
function bench(runs: number): void {
  const contenders = [
    { name: 'reference', path: REFERENCE },
    { name: 'pkg', path: resolve('dist/pkg/vlan-bridge') },
  ];
  for (const { path } of contenders) if (!existsSync(path)) throw new Error(`"${path}" is missing`);
  prepareNetns();
  const times = new Map<string, number[]>();
  for (let round = -WARM_UP; round < runs; round += 1) {
    for (const contender of contenders) {
      for (const verb of ['ADD', 'DEL'] as const) {
        const elapsed = call(contender, verb);
        const key = `${contender.name} ${verb}`;
        if (round >= 0) times.set(key, [...(times.get(key) ?? []), elapsed]);
      }
    }
  }
  print(contenders, times, runs);
}

const WARM_UP = 3;

/** One call of a plugin in milliseconds, from before the process starts until it has ended. */
function call({ name, path }: Contender, verb: 'ADD' | 'DEL'): number {
  const config = {
    cniVersion: '1.0.0',
    name: 'bench',
    type: name === 'reference' ? 'bridge' : 'vlan-bridge',
    bridge: `br-${name}`,
    ipam: { type: 'static', addresses: [{ address: '192.0.2.7/24' }] },
  };
  const env = {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: 'bench',
    CNI_NETNS: NETNS,
    CNI_IFNAME: 'net1',
    CNI_PATH: '/usr/lib/cni',
    PATH: '/usr/sbin:/usr/bin',
  };
  const start = performance.now();
  const result = spawnSync(path, { env, input: JSON.stringify(config) });
  const elapsed = performance.now() - start;
  requireSuccess(`${path} ${verb}`, result);
  return elapsed;
}

function prepareNetns(): void {
  // The caller has given us a mount namespace: this hides nobody's /run.
  requireSuccess('mount', spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', '/run']));
  mkdirSync('/run/netns');
  requireSuccess('ip netns add', spawnSync('ip', ['netns', 'add', 'bench']));
}

function requireSuccess(step: string, { status, stdout, stderr, error }: SpawnSyncReturns<Buffer>): void {
  if (status !== 0) throw new Error(`${step}: ${error?.message ?? `${stdout}${stderr}`}`);
}

function print(
  contenders: readonly Contender[],
  times: ReadonlyMap<string, readonly number[]>,
  runs: number,
): void {
  console.log(
    `kernel ${release()}, ${runs} runs each, medians in ms, in brackets the ratio to the reference`,
  );
  for (const verb of ['ADD', 'DEL']) {
    const reference = median(times.get(`reference ${verb}`) ?? []);
    const cells = contenders.map(({ name }) => {
      const value = median(times.get(`${name} ${verb}`) ?? []);
      return `${name} ${value.toFixed(1)} (${(value / reference).toFixed(2)})`;
    });
    console.log(`${verb}: ${cells.join(', ')}`);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '50' }, help: { type: 'boolean', default: false } },
});
const runs = Number(values.runs);
if (values.help || !Number.isInteger(runs) || runs < 1) {
  console.log(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  bench(runs);
}
