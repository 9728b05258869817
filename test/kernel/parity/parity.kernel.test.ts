import { expect, test } from 'vitest';
import { answerRows } from './answer-rows.ts';
import { VERSIONS } from './difference.ts';
import { effectRows } from './effect-rows.ts';
import { callPlugin, createTestbeds } from './parity.ts';
import { type DifferenceName, intended } from './row.ts';
import { testParity } from './test-parity.ts';
import { vlanRows } from './vlan-rows.ts';

testParity([...answerRows, ...effectRows], 'parity.md');

test('every difference that is meant is one of some configuration', () => {
  const rows = [...answerRows, ...effectRows, ...vlanRows];
  expect(
    Object.keys(intended).filter((name) =>
      rows.every((row) => !row.intended.includes(name as DifferenceName)),
    ),
  ).toEqual([]);
});

test('1.1.0 is the only version that the reference does not know', async ({ onTestFinished }) => {
  const testbeds = await createTestbeds(['only'], [], onTestFinished);
  const supported = await Promise.all(
    [...testbeds.values()].map(({ reference }) => callPlugin(reference, { verb: 'VERSION', config: {} })),
  );
  expect(supported.map(({ json }) => json)).toEqual([
    { cniVersion: '1.0.0', supportedVersions: VERSIONS.filter((version) => version !== '1.1.0') },
  ]);
});
