import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { recoverKilledAdds } from '../../../src/plugin/commands/recover.ts';
import { lockAdd } from '../../../src/plugin/state/add-lock.ts';
import { hostEndOf } from '../../../src/plugin/state/attachment.ts';
import { runFilePath } from '../../../src/plugin/state/run-directory.ts';
import { absent, acknowledged, fakeKernel } from '../fake-kernel.ts';
import { linkOf } from '../links.ts';
import { ofAnotherNetns, temporaryRun } from '../temporary-run.ts';

const hostEnd = hostEndOf({ network: 'vlan-100', containerId: 'pod', ifname: 'net1' });
const NAME = 'vethacrl7cxktnq';
const FILE = `${NAME}.attaching`;
const LOOK_UP = `look up link "${NAME}"`;
const DELETE = `delete link "${NAME}"`;
const left = linkOf({ name: NAME, ifindex: 9, kind: 'veth' });

test('leaves an ADD at work alone', () => {
  const run = temporaryRun();
  const { socket, operations } = fakeKernel({});
  const lock = lockAdd(run, hostEnd);
  expect(recoverKilledAdds({ host: socket, run, searchPath: '' })).toEqual([]);
  expect(readdirSync(run.path)).toEqual([`${run.prefix}${FILE}`]);
  lock.end();
  expect(readdirSync(run.path)).toEqual([]);
  expect(operations).toEqual([]);
});

test('deletes the link of an ADD that was killed before it answered, although it has an alias', () => {
  const run = temporaryRun();
  lockAdd(run, hostEnd).release();
  chmodSync(runFilePath(run, FILE), 0o700);
  const { socket, operations } = fakeKernel({
    [LOOK_UP]: { ...left, alias: 'theirs' },
    [DELETE]: acknowledged,
  });
  expect(recoverKilledAdds({ host: socket, run, searchPath: '' })).toEqual([]);
  expect(operations).toEqual([LOOK_UP, DELETE]);
  expect(readdirSync(run.path)).toEqual([]);
});

test.each([
  ['none, where the link does not exist', { [LOOK_UP]: absent }, [], []],
  ['the one without an alias', { [LOOK_UP]: left, [DELETE]: acknowledged }, [DELETE], []],
  ['none that has an alias, which is a finished one', { [LOOK_UP]: { ...left, alias: 'theirs' } }, [], []],
  ['none that is not a veth', { [LOOK_UP]: { ...left, kind: 'bridge' } }, [], []],
  [
    'the one without an alias, and keeps its lock file when the kernel refuses',
    { [LOOK_UP]: left, [DELETE]: new Error('no') },
    [DELETE],
    [`delete leftovers of a killed ADD "${NAME}": no`],
  ],
])('of the links that a killed ADD has left, deletes %s', (_what, answers, deletions, failures) => {
  const run = temporaryRun();
  lockAdd(run, hostEnd).release();
  const other = runFilePath(ofAnotherNetns(run), 'vethaaaaaaaaaaa.attaching');
  writeFileSync(other, '');
  const { socket, operations } = fakeKernel(answers);
  expect(recoverKilledAdds({ host: socket, run, searchPath: '' })).toEqual(failures);
  expect(operations.filter((operation) => operation.startsWith('delete'))).toEqual(deletions);
  const kept = failures.length > 0 ? [`${run.prefix}${FILE}`] : [];
  expect(readdirSync(run.path).toSorted()).toEqual(['1-vethaaaaaaaaaaa.attaching', ...kept]);
});
