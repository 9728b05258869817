import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hostEndOf } from '../../../src/plugin/state/attachment.ts';
import {
  listMasqueradeRecords,
  type MasqueradeRecord,
  readMasqueradeRecord,
  removeMasqueradeRecord,
  writeMasqueradeRecord,
} from '../../../src/plugin/state/masquerade-record.ts';
import { runFilePath } from '../../../src/plugin/state/run-directory.ts';
import { ofAnotherNetns, temporaryRun } from '../temporary-run.ts';

const blue: MasqueradeRecord = {
  network: 'blue',
  containerId: 'pod',
  ifname: 'net1',
  backend: 'iptables',
};
const red: MasqueradeRecord = { ...blue, network: 'red' };

test('reads a record after it is written, lists it for its network, and does not after it is removed', () => {
  const run = temporaryRun();
  const stored = () => [
    [blue, red].map((record) => readMasqueradeRecord(run, hostEndOf(record))),
    listMasqueradeRecords(run, 'blue'),
  ];
  expect(stored()).toEqual([[undefined, undefined], []]);
  for (const record of [blue, red]) writeMasqueradeRecord(run, record);
  expect(stored()).toEqual([[blue, red], [blue]]);
  removeMasqueradeRecord(run, hostEndOf(blue));
  expect(stored()).toEqual([[undefined, red], []]);
});

test.each([
  ['an empty file', ''],
  ['no JSON', 'no JSON'],
  ['a list', '[]'],
  ['an empty object', '{}'],
  ['an unknown backend', JSON.stringify({ ...blue, backend: 'pf' })],
])('ignores a record of another network namespace, and a damaged one: %s', (_what, content) => {
  const run = temporaryRun();
  const { hostName } = hostEndOf(blue);
  const file = `${hostName}.masquerade`;
  writeMasqueradeRecord(run, blue);
  expect(readMasqueradeRecord(run, { hostName })).toEqual(blue);
  writeFileSync(runFilePath(ofAnotherNetns(run), file), JSON.stringify(blue));
  writeFileSync(runFilePath(run, file), content);
  expect(readMasqueradeRecord(run, { hostName })).toBeUndefined();
  expect(listMasqueradeRecords(run, 'blue')).toEqual([]);
});
