import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RunDirectory } from '../../../src/plugin/state/run-directory.ts';
import {
  listUplinkRecords,
  readUplinkRecord,
  type UplinkRecord,
  writeUplinkRecord,
} from '../../../src/plugin/state/uplink-record.ts';
import { currentNetnsId } from '../../../src/sys/netns.ts';
import { temporaryRun } from '../temporary-run.ts';

const record: UplinkRecord = {
  bridge: 'vlanbr0',
  bridgeIfindex: 9,
  uplinkIfindex: 5,
  vids: [
    { first: 100, last: 100 },
    { first: 200, last: 210 },
  ],
};
const name = `${currentNetnsId()}-5.uplink`;

test('writes one file, and reads from it the record of its uplink alone', () => {
  const run = temporaryRun();
  writeUplinkRecord(run, record);
  expect(readdirSync(run.path)).toEqual([name]);
  expect(readUplinkRecord(run, 5)).toEqual(record);
  expect(readUplinkRecord(run, 6)).toBeUndefined();
});

test('removes the file of a record without VIDs', () => {
  const run = temporaryRun();
  writeUplinkRecord(run, record);
  writeUplinkRecord(run, { ...record, vids: [] });
  expect(readdirSync(run.path)).toEqual([]);
});

test('lists all records of this network namespace, except damaged ones', () => {
  const run = temporaryRun();
  const second = { ...record, uplinkIfindex: 6 };
  writeUplinkRecord(run, record);
  writeUplinkRecord(run, second);
  putFile(run, `${currentNetnsId()}-7.uplink`, '{"bridge":"vlanbr0"');
  putFile(run, `${currentNetnsId()}0-8.uplink`, JSON.stringify(record));
  putFile(run, `${currentNetnsId()}-vlanbr0.lock`, '');
  expect(listUplinkRecords(run)).toEqual([record, second]);
});

describe('finds no record in', () => {
  const text = JSON.stringify(record);
  test.each([
    ['an empty file', ''],
    ['a file that ends early', text.slice(0, -5)],
    ['zero bytes', '\0'.repeat(text.length)],
    ['two records', text + text],
    ['a list', `[${text}]`],
    ['null', 'null'],
    ['a record without its bridge', JSON.stringify({ ...record, bridge: undefined })],
    ['a record without VIDs', JSON.stringify({ ...record, vids: undefined })],
    ['a record with ifindex 0', JSON.stringify({ ...record, uplinkIfindex: 0 })],
    ['a record with an ifindex in text', JSON.stringify({ ...record, bridgeIfindex: '9' })],
    ['a record with VID 4095', JSON.stringify({ ...record, vids: [{ first: 1, last: 4095 }] })],
    ['a record with half of a range', JSON.stringify({ ...record, vids: [...record.vids, { first: 300 }] })],
  ])('%s', (_what, content) => {
    const run = temporaryRun();
    mkdirSync(run.path, { mode: 0o700 });
    putFile(run, name, content);
    expect(readUplinkRecord(run, 5)).toBeUndefined();
    expect(listUplinkRecords(run)).toEqual([]);
  });
});

function putFile(run: RunDirectory, file: string, content: string): void {
  writeFileSync(`${run.path}/${file}`, content);
}
