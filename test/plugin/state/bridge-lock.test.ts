import { expect, test, vi } from 'vitest';
import { inPrivateRun } from '../../sys/in-private-run.ts';

type Modules = typeof import('../../../src/plugin/state/bridge-lock.ts') &
  typeof import('node:fs') &
  typeof import('node:worker_threads');
type Load = (path: string) => Promise<Modules>;

// A process is started for each test.
vi.setConfig({ testTimeout: 60_000 });

test('who wants the bridge alone gets it although others share it all the time', () => {
  const waitedMs = inPrivateRun(async (load: Load) => {
    const { withBridgeLock } = await load('plugin/bridge-lock.ts');
    const { Worker } = await load('node:worker_threads');
    // Each holds the lock for 30 ms and comes again at once: with six of them there is no moment when nobody holds it.
    const sharing = `
      import { workerData } from 'node:worker_threads';
      const pause = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
      const { withBridgeLock } = await import(workerData);
      for (;;) withBridgeLock('vlanbr0', 'shared', () => pause(30));`;
    const workerData = `${process.argv[1]}/plugin/bridge-lock.ts`;
    const workers = Array.from({ length: 6 }, () => new Worker(sharing, { eval: true, workerData }));
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const start = performance.now();
    const waited = withBridgeLock('vlanbr0', 'exclusive', () => performance.now() - start);
    await Promise.all(workers.map((worker) => worker.terminate()));
    return waited;
  });
  expect(waitedMs).toBeGreaterThan(1);
  expect(waitedMs).toBeLessThan(5000);
});

test('the lock is given back whatever becomes of what is done with it, and one bridge has nothing to do with another', () => {
  const taken = inPrivateRun(async (load: Load) => {
    const { withBridgeLock } = await load('plugin/bridge-lock.ts');
    const failing = () => {
      throw new Error('no');
    };
    const outcome: string[] = [];
    try {
      withBridgeLock('vlanbr0', 'exclusive', failing);
    } catch (error) {
      outcome.push((error as Error).message);
    }
    const inner = () => withBridgeLock('vlanbr1', 'exclusive', () => outcome.push('both'));
    withBridgeLock('vlanbr0', 'exclusive', inner);
    const shared = () => withBridgeLock('vlanbr0', 'shared', () => outcome.push('shared twice'));
    withBridgeLock('vlanbr0', 'shared', shared);
    return outcome;
  });
  expect(taken).toEqual(['no', 'both', 'shared twice']);
});
