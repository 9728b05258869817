import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  listRunFiles,
  openRunDirectory,
  readRunFile,
  removeRunFile,
  runFilePath,
  writeRunFile,
} from '../../../src/plugin/state/run-directory.ts';
import { temporaryDirectory } from '../../helpers/temporary.ts';
import { ofAnotherNetns, temporaryRun } from '../temporary-run.ts';

test('file names start with the inode number of the network namespace, as ls -i /proc/self/ns/net shows it', () => {
  const run = openRunDirectory('/run/vlan-bridge');
  const { ino } = statSync('/proc/self/ns/net');
  expect(runFilePath(run, 'vlanbr0.lock')).toBe(`/run/vlan-bridge/${ino}-vlanbr0.lock`);
});

test('makes no directory before a file is written', () => {
  const directory = temporaryDirectory();
  const run = openRunDirectory(`${directory}/run`);
  expect(listRunFiles(run, '.record')).toEqual([]);
  expect(readRunFile(run, 'a.record')).toBeUndefined();
  removeRunFile(run, 'a.record');
  expect(readdirSync(directory)).toEqual([]);
  writeRunFile(run, 'a.record', 'text');
  expect(readdirSync(run.path)).toEqual([`${run.prefix}a.record`]);
});

test('reads, lists and removes the files of its own network namespace alone', () => {
  const run = temporaryRun();
  const other = ofAnotherNetns(run);
  writeRunFile(run, 'a.record', 'ours');
  writeRunFile(run, 'b.other', 'ours');
  writeRunFile(other, 'a.record', 'theirs');
  writeRunFile(other, 'c.record', 'theirs');
  expect(listRunFiles(run, '.record')).toEqual(['a.record']);
  expect(readRunFile(run, 'a.record')).toBe('ours');
  expect(readRunFile(run, 'c.record')).toBeUndefined();
  removeRunFile(run, 'a.record');
  removeRunFile(run, 'c.record');
  expect(listRunFiles(run, '.record')).toEqual([]);
  expect(listRunFiles(other, '.record').toSorted()).toEqual(['a.record', 'c.record']);
});

test('lists no file that a killed process has half written', () => {
  const run = temporaryRun();
  writeRunFile(run, 'a.record', 'whole');
  writeFileSync(runFilePath(run, `b.record.${process.pid}`), 'ha');
  expect(listRunFiles(run, '.record')).toEqual(['a.record']);
});
