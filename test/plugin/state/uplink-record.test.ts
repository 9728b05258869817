import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  listUplinkRecords,
  readUplinkRecord,
  type UplinkRecord,
  writeUplinkRecord,
} from '../../../src/plugin/state/uplink-record.ts';
import { currentNetnsId } from '../../../src/sys/netns.ts';

/** What is in the directory of the plugin, by name; the directory itself is root's. */
const files = vi.hoisted(() => new Map<string, string>());
vi.mock('../../../src/sys/run-file.ts', () => ({
  writeRunFile: (name: string, text: string) => files.set(name, text),
  readRunFile: (name: string) => files.get(name),
  removeRunFile: (name: string) => files.delete(name),
  listRunFiles: (suffix: string) => [...files.keys()].filter((name) => name.endsWith(suffix)),
}));

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

beforeEach(() => files.clear());

test('what is written is read again, and nothing else', () => {
  writeUplinkRecord(record);
  expect([...files.keys()]).toEqual([name]);
  expect(readUplinkRecord(5)).toEqual(record);
  expect(readUplinkRecord(6)).toBeUndefined();
});

test('a record without VLANs is forgotten', () => {
  writeUplinkRecord(record);
  writeUplinkRecord({ ...record, vids: [] });
  expect([...files]).toEqual([]);
});

test('the list has all records of this network namespace, but for the torn ones', () => {
  const second = { ...record, uplinkIfindex: 6 };
  writeUplinkRecord(record);
  writeUplinkRecord(second);
  files.set(`${currentNetnsId()}-7.uplink`, '{"bridge":"vlanbr0"');
  files.set(`${currentNetnsId()}0-8.uplink`, JSON.stringify(record));
  files.set(`${currentNetnsId()}-vlanbr0.lock`, '');
  expect(listUplinkRecords()).toEqual([record, second]);
});

describe('there is no record in', () => {
  const text = JSON.stringify(record);
  test.each([
    ['an empty file', ''],
    ['a file that ends early', text.slice(0, -5)],
    ['zero bytes', '\0'.repeat(text.length)],
    ['two records', text + text],
    ['a list', `[${text}]`],
    ['null', 'null'],
    ['a record without its bridge', JSON.stringify({ ...record, bridge: undefined })],
    ['a record without VLANs', JSON.stringify({ ...record, vids: undefined })],
    ['a record about no link', JSON.stringify({ ...record, uplinkIfindex: 0 })],
    ['a record with an ifindex in text', JSON.stringify({ ...record, bridgeIfindex: '9' })],
    [
      'a record with a VLAN that there is not',
      JSON.stringify({ ...record, vids: [{ first: 1, last: 4095 }] }),
    ],
    ['a record with half of a range', JSON.stringify({ ...record, vids: [...record.vids, { first: 300 }] })],
  ])('%s', (_what, content) => {
    files.set(name, content);
    expect(readUplinkRecord(5)).toBeUndefined();
    expect(listUplinkRecords()).toEqual([]);
  });
});
