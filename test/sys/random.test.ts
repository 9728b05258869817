import { expect, test } from 'vitest';
import { randomBytes } from '../../src/sys/random.ts';

test.each([0, 1, 6, 256])('gives as many bytes as asked for: %i', (count) => {
  expect(randomBytes(count)).toHaveLength(count);
});

test('gives other bytes each time', () => {
  const drawn = Array.from({ length: 100 }, () => randomBytes(8).toString('hex'));
  expect(new Set(drawn).size).toBe(drawn.length);
});

test('leaves none of the bytes at zero for good', () => {
  const drawn = Array.from({ length: 100 }, () => randomBytes(6));
  const touched = Array.from({ length: 6 }, (_, index) => drawn.some((bytes) => bytes[index] !== 0));
  expect(touched).not.toContain(false);
});
