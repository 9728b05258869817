import { expect, test } from 'vitest';
import { compareVersions, isSupported, supportedVersions } from '../../src/cni/version.ts';

test('isSupported wants the whole version to the letter', () => {
  const candidates = [...supportedVersions, '1.0', '1.1.0 ', 'v1.0.0', '', undefined, 1];
  expect(candidates.filter(isSupported)).toEqual([...supportedVersions]);
});

test('compareVersions orders as the specification was released', () => {
  const shuffled = ['1.0.0', '0.3.1', '1.1.0', '0.1.0', '0.4.0', '0.3.0', '0.2.0'] as const;
  expect(shuffled.toSorted(compareVersions)).toEqual([...supportedVersions]);
});
