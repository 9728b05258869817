import { expect, test } from 'vitest';
import { callPlugin, createStages } from '../helpers/parity.ts';
import { answerRows } from './parity/answer-rows.ts';
import { VERSIONS } from './parity/difference.ts';
import { effectRows } from './parity/effect-rows.ts';
import { type DifferenceName, intended } from './parity/row.ts';
import { testParity } from './parity/test-parity.ts';
import { vlanRows } from './parity/vlan-rows.ts';

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
  const stages = await createStages(['only'], [], onTestFinished);
  const supported = await Promise.all(
    [...stages.values()].map(({ reference }) => callPlugin(reference, { verb: 'VERSION', config: {} })),
  );
  expect(supported.map(({ json }) => json)).toEqual([
    { cniVersion: '1.0.0', supportedVersions: VERSIONS.filter((version) => version !== '1.1.0') },
  ]);
});
