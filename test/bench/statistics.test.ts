import { describe, expect, test } from 'vitest';
import { mean, median, pairedRatio, quantile } from '../../scripts/bench/statistics.ts';

describe('quantile', () => {
  // Expected values are those of numpy.quantile.
  test.each([
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 3, 2], 0.5, 2.5],
    [[4, 1, 3, 2], 0.25, 1.75],
    [[10, 9, 100], 0.99, 98.2],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.95, 9.55],
    [[7], 0.99, 7],
    [[5, 1], 0, 1],
    [[5, 1], 1, 5],
  ])('of %j at %d is %d', (values, share, expected) => {
    expect(quantile(values, share)).toBeCloseTo(expected, 10);
  });

  test('leaves the values in their order', () => {
    const values = [3, 1, 2];
    quantile(values, 0.5);
    expect(values).toEqual([3, 1, 2]);
  });

  test('of nothing is no number', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

test('the median of an outlier and its neighbours is not moved by it, the mean is', () => {
  expect(median([1, 2, 1000])).toBe(2);
  expect(mean([1, 2, 1000])).toBeCloseTo(334.333, 3);
});

describe('pairedRatio', () => {
  test('compares every round with the same round of the reference', () => {
    // The third round was ten times slower for both.
    expect(pairedRatio([2, 4, 30, 6], [1, 2, 10, 2])).toEqual({ median: 2.5, low: 2, high: 3 });
  });

  test('is 1 without spread against itself', () => {
    expect(pairedRatio([5, 7, 6], [5, 7, 6])).toEqual({ median: 1, low: 1, high: 1 });
  });

  test('refuses what was not taken in the same rounds', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow('2 values and 1 of the reference: the rounds differ');
  });
});
