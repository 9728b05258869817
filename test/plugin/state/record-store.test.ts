import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type RecordStore, recordStore } from '../../../src/plugin/state/record-store.ts';
import { type RunDirectory, writeRunFile } from '../../../src/plugin/state/run-directory.ts';
import { ofAnotherNetns, temporaryRun } from '../temporary-run.ts';

/** Records that are numbers. */
function numbersIn(run: RunDirectory): RecordStore<number> {
  return recordStore(run, '.number', (json) => (typeof json === 'number' ? json : undefined));
}

test('keeps each record in a file that is named after it', () => {
  const run = temporaryRun();
  const numbers = numbersIn(run);
  numbers.write('one', 1);
  numbers.write('two', 3);
  numbers.write('two', 2);
  expect(readdirSync(run.path).toSorted()).toEqual([`${run.prefix}one.number`, `${run.prefix}two.number`]);
  expect([numbers.read('one'), numbers.read('two'), numbers.read('three')]).toEqual([1, 2, undefined]);
  expect(numbers.list().toSorted()).toEqual([1, 2]);
  numbers.remove('one');
  numbers.remove('one');
  expect(numbers.read('one')).toBeUndefined();
  expect(numbers.list()).toEqual([2]);
});

test('lists no records of another kind or of another network namespace', () => {
  const run = temporaryRun();
  writeRunFile(run, 'one.other', '1');
  numbersIn(ofAnotherNetns(run)).write('one', 1);
  expect(numbersIn(run).list()).toEqual([]);
});

test.each([
  ['no JSON', '1 2'],
  ['JSON of something else', '"one"'],
])('counts a damaged record as missing: %s', (_what, text) => {
  const run = temporaryRun();
  writeRunFile(run, 'one.number', text);
  expect(numbersIn(run).read('one')).toBeUndefined();
  expect(numbersIn(run).list()).toEqual([]);
});

test('a defect of the parser is not taken for a damaged record', () => {
  const run = temporaryRun();
  writeRunFile(run, 'one.number', '1');
  const broken = recordStore(run, '.number', () => {
    throw new TypeError('a defect');
  });
  expect(() => broken.read('one')).toThrow('a defect');
});
