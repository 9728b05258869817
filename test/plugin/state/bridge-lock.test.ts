import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { withBridgeLock } from '../../../src/plugin/state/bridge-lock.ts';
import { temporaryRun } from '../temporary-run.ts';

const MODULE = new URL('../../../src/plugin/state/bridge-lock.ts', import.meta.url).href;

/** Each worker holds the lock for 30 ms and takes it again at once: with six of them it is never free. */
const SHARED_HOLDER = `
  import { workerData } from 'node:worker_threads';
  const pause = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  const { withBridgeLock } = await import(workerData.module);
  for (;;) withBridgeLock(workerData.run, { bridge: 'vlanbr0', mode: 'shared' }, () => pause(30));`;

test('a stream of shared holders does not starve an exclusive waiter', { timeout: 60_000 }, async () => {
  const run = temporaryRun();
  const options = { eval: true, execArgv: [], workerData: { module: MODULE, run } };
  const workers = Array.from({ length: 6 }, () => new Worker(SHARED_HOLDER, options));
  onTestFinished(async () => {
    await Promise.all(workers.map((worker) => worker.terminate()));
  });
  await setTimeout(3000);
  const start = performance.now();
  const exclusive = { bridge: 'vlanbr0', mode: 'exclusive' } as const;
  const waitedMs = withBridgeLock(run, exclusive, () => performance.now() - start);
  expect(waitedMs).toBeGreaterThan(1);
  expect(waitedMs).toBeLessThan(5000);
});

test('releases the lock when the function throws, and locks each bridge by itself', () => {
  const run = temporaryRun();
  const lock = (bridge: string, mode: 'shared' | 'exclusive', fn: () => unknown) =>
    withBridgeLock(run, { bridge, mode }, fn);
  const outcome: string[] = [];
  const failing = () => {
    throw new Error('no');
  };
  expect(() => lock('vlanbr0', 'exclusive', failing)).toThrow('no');
  lock('vlanbr0', 'exclusive', () => lock('vlanbr1', 'exclusive', () => outcome.push('both')));
  lock('vlanbr0', 'shared', () => lock('vlanbr0', 'shared', () => outcome.push('shared twice')));
  expect(outcome).toEqual(['both', 'shared twice']);
});
