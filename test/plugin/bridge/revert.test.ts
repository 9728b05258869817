import { describe, expect, test } from 'vitest';
import { revertUnlessInUse } from '../../../src/plugin/bridge/revert.ts';
import { type RunDirectory, runFilePath } from '../../../src/plugin/state/run-directory.ts';
import { acquireLock } from '../../../src/sys/lock.ts';
import { absent, fakeKernel } from '../fake-kernel.ts';
import { bridge } from '../links.ts';
import { temporaryRun } from '../temporary-run.ts';

const LOOK_UP = `look up link ${bridge.ifindex}`;
const PORTS = `list ports of bridge "${bridge.name}"`;

/** The ports that `revert` was called with, for each call. */
function reverted(answers: Readonly<Record<string, unknown>>): readonly (readonly number[])[] {
  const calls: (readonly number[])[] = [];
  const revert = (ports: readonly number[]) => void calls.push(ports);
  revertUnlessInUse(fakeKernel(answers).socket, { run: temporaryRun(), bridge, known: [5, 6], revert });
  return calls;
}

describe('revertUnlessInUse', () => {
  test.each([
    ['has none', [], [[]]],
    ['has some of those that do not rely on the change', [6], [[6]]],
    ['has all of those that do not rely on the change', [5, 6], [[5, 6]]],
    ['has another one', [5, 7], []],
  ])('reverts unless a port came after the change: the bridge %s', (_what, ports, calls) => {
    expect(reverted({ [LOOK_UP]: bridge, [PORTS]: ports })).toEqual(calls);
  });

  test('does nothing when the bridge is gone', () => {
    expect(reverted({ [LOOK_UP]: absent })).toEqual([]);
  });

  test('holds the exclusive lock of the bridge while it reverts, and not after', () => {
    const run = temporaryRun();
    const locked: boolean[] = [];
    const revert = () => void locked.push(isLocked(run));
    const { socket } = fakeKernel({ [LOOK_UP]: bridge, [PORTS]: [] });
    revertUnlessInUse(socket, { run, bridge, known: [], revert });
    expect([...locked, isLocked(run)]).toEqual([true, false]);
  });
});

/** Whether a shared holder would have to wait. */
function isLocked(run: RunDirectory): boolean {
  try {
    acquireLock(runFilePath(run, `${bridge.name}.lock`), 'shared', 0).release();
    return false;
  } catch (error) {
    if ((error as Error).name === 'LockTimeout') return true;
    throw error;
  }
}
