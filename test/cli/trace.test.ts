import { describe, expect, test } from 'vitest';
import { startTrace } from '../../src/cli/trace.ts';
import type { Step } from '../../src/sys/trace.ts';

/** A trace of one step, from 30 ms to 42.25 ms by the engine's clock, and an exit. */
function traced(value: string): string[] {
  const lines: string[] = [];
  const watchers: ((step: Step) => void)[] = [];
  const end = startTrace({
    value,
    beganMs: 20,
    loadedMs: 25.5,
    watchSteps: (watcher) => watchers.push(watcher),
    write: (line) => lines.push(line),
  });
  for (const watcher of watchers) watcher({ name: 'look up link "net1"', startMs: 30, endMs: 42.25 });
  end(0);
  return lines;
}

describe('a trace', () => {
  test.each(['1', 'yes', '-1', `${Date.now() / 1000 + 60}`, '1e3'])(
    "with the value %s counts from the engine's own clock",
    (value) => {
      expect(traced(value)).toEqual([
        '     0.0 ms     20.0  start the engine\n',
        '    20.0 ms      5.5  load modules\n',
        '    30.0 ms     12.3  look up link "net1"\n',
        expect.stringMatching(/^ +\d+\.\d ms {11}exit 0\n$/),
      ]);
    },
  );

  test('counts from the time that the caller gives', () => {
    const start = (performance.timeOrigin - 4) / 1000;
    expect(traced(start.toFixed(6)).slice(0, 4)).toEqual([
      '     0.0 ms      4.0  start the process\n',
      '     4.0 ms     20.0  start the engine\n',
      '    24.0 ms      5.5  load modules\n',
      '    34.0 ms     12.3  look up link "net1"\n',
    ]);
  });

  test('that cannot be written harms nobody', () => {
    const write = (): never => {
      throw new Error('EBADF');
    };
    const end = startTrace({ value: '1', beganMs: 1, loadedMs: 2, watchSteps: () => undefined, write });
    expect(end(0)).toBeUndefined();
  });
});
