import { readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  listAddLocks,
  lockAdd,
  removeStaleAddLock,
  takeStaleAddLock,
} from '../../../src/plugin/state/add-lock.ts';
import { hostEndOf } from '../../../src/plugin/state/attachment.ts';
import { runFilePath } from '../../../src/plugin/state/run-directory.ts';
import { ofAnotherNetns, temporaryRun } from '../temporary-run.ts';

const hostEnd = hostEndOf({ network: 'vlan-100', containerId: 'pod', ifname: 'net1' });
const FILE = 'vethacrl7cxktnq.attaching';

test('an ADD has a locked file while it is at work, and removes it at its end', () => {
  const run = temporaryRun();
  const lock = lockAdd(run, hostEnd);
  expect(readdirSync(run.path)).toEqual([`${run.prefix}${FILE}`]);
  expect(listAddLocks(run)).toEqual([{ hostName: hostEnd.hostName }]);
  expect(takeStaleAddLock(run, hostEnd)).toBeUndefined();
  lock.end();
  expect(readdirSync(run.path)).toEqual([]);
  expect(listAddLocks(run)).toEqual([]);
});

test('a second ADD of the attachment times out while the first one is at work', () => {
  const run = temporaryRun();
  const lock = lockAdd(run, hostEnd);
  expect(() => lockAdd(run, hostEnd, 0)).toThrow(expect.objectContaining({ name: 'LockTimeout' }));
  lock.end();
  lockAdd(run, hostEnd, 0).end();
});

test('a released lock leaves its file, which the next call takes as stale', () => {
  const run = temporaryRun();
  lockAdd(run, hostEnd).release();
  expect(listAddLocks(run)).toEqual([{ hostName: hostEnd.hostName }]);
  const stale = takeStaleAddLock(run, hostEnd);
  expect(takeStaleAddLock(run, hostEnd)).toBeUndefined();
  stale?.end();
  expect(readdirSync(run.path)).toEqual([]);
});

test('lists no lock of another network namespace', () => {
  const run = temporaryRun();
  lockAdd(ofAnotherNetns(run), hostEnd).release();
  expect(listAddLocks(run)).toEqual([]);
});

test('removeStaleAddLock removes the file of an ADD that never had its lock, and not of one at work', () => {
  const run = temporaryRun();
  const lock = lockAdd(run, hostEnd);
  removeStaleAddLock(run, hostEnd);
  expect(readdirSync(run.path)).toHaveLength(1);
  lock.end();
  removeStaleAddLock(run, hostEnd);
  writeFileSync(runFilePath(run, FILE), '');
  removeStaleAddLock(run, hostEnd);
  expect(readdirSync(run.path)).toEqual([]);
});

test('the file of an ADD that was killed before it answered differs from that of a working ADD, until the ADD has answered', () => {
  const run = temporaryRun();
  const first = lockAdd(run, hostEnd);
  expect(first.isUnanswered()).toBe(false);
  first.awaitAnswer();
  expect(first.isUnanswered()).toBe(true);
  first.answered();
  expect(readdirSync(run.path)).toEqual([]);
  writeFileSync(runFilePath(run, FILE), '', { mode: 0o700 });
  removeStaleAddLock(run, hostEnd);
  expect(lockAdd(run, hostEnd).isUnanswered()).toBe(true);
});
