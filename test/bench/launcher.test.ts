import { beforeAll, describe, expect, test } from 'vitest';
import { buildLauncher, launch, type Process } from '../../scripts/bench/launcher.ts';

const NETNS = '/proc/self/ns/net';
let launcher: string;

beforeAll(() => {
  launcher = buildLauncher();
});

function run(...processes: readonly Process[]) {
  return launch(launcher, NETNS, processes);
}

function shell(script: string, more: Partial<Process> = {}): Process {
  return { path: '/bin/sh', args: ['-c', script], input: '', ...more };
}

describe('the launcher', () => {
  test('gives a process its arguments, environment and input, and nothing else, and returns its output', () => {
    const process = shell('echo "$1"; env | grep -v ^PWD=; cat', {
      args: ['-c', 'echo "$1"; env | grep -v ^PWD=; cat', 'sh', 'an argument'],
      env: { A: 'one', B: '' },
      input: '{"some": "input"}\n',
    });
    const { ended } = run(process);
    expect(ended).toEqual([{ exitCode: 0, stdout: 'an argument\nA=one\nB=\n{"some": "input"}\n' }]);
  });

  test('reports every process in its place, with its exit code', () => {
    const { ended, stderr } = run(
      shell('sleep 0.1; echo first; exit 3'),
      shell('echo second; echo no >&2'),
      shell('kill -9 $$'),
    );
    expect(ended).toEqual([
      { exitCode: 3, stdout: 'first\n' },
      { exitCode: 0, stdout: 'second\n' },
      { exitCode: 137, stdout: '' },
    ]);
    expect(stderr).toBe('no\n');
  });

  test('times what runs at once by the last to end, and a chain as a whole', () => {
    const sleeping = shell('sleep 0.2');
    const atOnce = run(sleeping, sleeping, sleeping).usage.wallMs;
    const chain = run(sleeping, { ...sleeping, after: true }, { ...sleeping, after: true }).usage.wallMs;
    expect(atOnce).toBeGreaterThanOrEqual(200);
    expect(atOnce).toBeLessThan(chain);
    expect(chain).toBeGreaterThanOrEqual(600);
  });

  test('counts the processor time and the peak memory of children too', () => {
    const child = run(
      shell(
        '/bin/sh -c \'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; x=$(head -c 20000000 /dev/zero | tr "\\0" a)\'; :',
        { env: { PATH: '/usr/bin:/bin' } },
      ),
    );
    expect(child.usage.userMs + child.usage.systemMs).toBeGreaterThan(20);
    expect(child.usage.peakKb).toBeGreaterThan(20_000);
    expect(child.usage.minorFaults).toBeGreaterThan(1000);
  });

  test('does not count its own memory, nor that of the benchmark', () => {
    expect(process.memoryUsage.rss()).toBeGreaterThan(40_000_000);
    expect(run(shell(':')).usage.peakKb).toBeLessThan(4_000);
  });

  test('names an executable that cannot be started', () => {
    expect(() => run({ path: '/nonexistent', input: '' })).toThrow('/nonexistent: No such file or directory');
  });
});
