import { describe, expect, test } from 'vitest';
import { type Step, traced, watchSteps } from '../../src/sys/trace.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

/** In this order: once somebody watches, somebody always does. */
describe('a step', () => {
  test('is done without putting its name together while nobody watches', () => {
    const name = (): string => {
      throw new Error('nobody asked');
    };
    expect(traced(name, () => 7)).toBe(7);
  });

  test('is reported when it has ended, well or not', () => {
    const seen: Step[] = [];
    watchSteps((each) => seen.push(each));
    const before = performance.now();
    const error = new Error('refused');
    expect(traced('one', () => 7)).toBe(7);
    const fail = () => {
      throw error;
    };
    expect(thrownBy(() => traced(() => 'two', fail))).toBe(error);
    expect(seen.map(({ name }) => name)).toEqual(['one', 'two']);
    const times = [before, ...seen.flatMap(({ startMs, endMs }) => [startMs, endMs]), performance.now()];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
