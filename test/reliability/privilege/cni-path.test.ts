import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fileCleanup } from '../../helpers/netns.ts';
import {
  type CallSettings,
  createTestbed,
  plainConf,
  refusalIn,
  statesOf,
  succeedIn,
  type Testbed,
} from './testbed.ts';

/** What CNI_PATH may name and what may be found there: the right program is run, or none. */

const cleanup = fileCleanup();
let testbed: Testbed;
let before: Awaited<ReturnType<typeof statesOf>>;

const inFolder = (name: string): string => join(testbed.folder, name);
const ANSWER = 'cat >/dev/null; echo \'{"cniVersion": "1.0.0", "ips": [{"address": "10.20.1.12/24"}]}\'\n';
const WRONG = '#!/bin/sh\necho \'{"code": 77, "msg": "the wrong program"}\'\nexit 1\n';

beforeAll(async () => {
  testbed = await createTestbed(cleanup);
  for (const name of ['bin', 'wrong', 'shut', 'open', 'bin/folder']) mkdirSync(inFolder(name));
  const program = (path: string, text: string, mode = 0o755) => writeFileSync(inFolder(path), text, { mode });
  program('bin/good', `#!/bin/sh\n${ANSWER}`);
  program('open/good', `#!/bin/sh\n${ANSWER}`);
  program('wrong/good', WRONG);
  program('bin/no-interpreter', '#!/nonexistent/interpreter\n');
  program('bin/not-executable', `#!/bin/sh\n${ANSWER}`, 0o644);
  symlinkSync('nothing', inFolder('bin/dangling'));
  symlinkSync('good', inFolder('bin/link'));
  for (const name of ['bin/loop', 'loop']) symlinkSync('loop', inFolder(name));
  await execa('mkfifo', [inFolder('bin/fifo')]);
  chownSync(inFolder('shut'), 12345, 12345);
  chmodSync(inFolder('shut'), 0o700);
  chmodSync(inFolder('open'), 0o777);
});
beforeEach(async () => {
  before = await statesOf(testbed);
});

/** A call with this program and CNI_PATH, in the testbed's folder, with another program of its name in PATH. */
function calling(type: string, path: string | undefined): CallSettings {
  const script = `cd ${testbed.folder}/bin && PATH=$PATH:${testbed.folder}/wrong && export PATH && exec "$0"`;
  return { script, config: plainConf({ ipam: { type } }), env: { CNI_PATH: path } };
}

const many = Array.from({ length: 1000 }, (_, index) => `/nonexistent/${index}`).join(':');

test.each([
  ['a folder', 'good', () => inFolder('bin')],
  ['a link to a program', 'link', () => inFolder('bin')],
  ['the current folder', 'good', () => '.'],
  ['a relative path', 'good', () => '../bin'],
  ['a path with ".."', 'good', () => `${inFolder('wrong')}/../bin`],
  ['empty parts', 'good', () => `::${inFolder('bin')}:`],
  ['a folder that everybody can write to', 'good', () => inFolder('open')],
  ['a folder that is not there, then one', 'good', () => `/nonexistent:${inFolder('bin')}`],
  ['a file, then a folder', 'good', () => `${inFolder('bin/good')}:${inFolder('bin')}`],
  ['a link to itself, then a folder', 'good', () => `${inFolder('loop')}:${inFolder('bin')}`],
  ['a path that is too long, then a folder', 'good', () => `/${'x'.repeat(5000)}:${inFolder('bin')}`],
  ['a thousand folders that are not there, then one', 'good', () => `${many}:${inFolder('bin')}`],
])('%s gives the program', async (_what, type, path) => {
  const { ips } = await succeedIn(testbed, 'ADD', calling(type, path()));
  expect(ips).toEqual([{ address: '10.20.1.12/24', interface: 2 }]);
  await succeedIn(testbed, 'DEL', calling(type, path()));
  expect(await statesOf(testbed)).toEqual(before);
});

test("another user's folder that root may not look into, then one, gives the program", async () => {
  const settings = calling('good', `${inFolder('shut')}:${inFolder('bin')}`);
  const limited = 'exec setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all "$0"';
  const script = (settings.script ?? '').replace('exec "$0"', limited);
  await succeedIn(testbed, 'ADD', { ...settings, script });
  await succeedIn(testbed, 'DEL', settings);
});

/** What is not found, and where not. */
const notFound = (type: string, place: string) => `cannot find plugin "${type}": ${place}`;
const slash = (type: string) => `plugin type "${type}" must not contain "/"`;
const elsewhere = () => `it is not in CNI_PATH "${inFolder('bin')}"`;

type Row = readonly [what: string, type: string, path: () => string | undefined, msg: () => string];
const missing: readonly Row[] = [
  ...['../../bin/sh', '/bin/sh', 'good/', './good', 'good\0/x'].map(
    (type): Row => [`the type ${JSON.stringify(type)}`, type, () => inFolder('bin'), () => slash(type)],
  ),
  ...['..', '.', 'good ', 'GOOD', 'good\n', 'good\0', 'x'.repeat(300), 'x'.repeat(5000)].map(
    (type): Row => [
      `the type ${JSON.stringify(type).slice(0, 20)}`,
      type,
      () => inFolder('bin'),
      () => notFound(type, elsewhere()),
    ],
  ),
  ...['folder', 'dangling', 'loop', 'fifo'].map(
    (type): Row => [`a ${type}`, type, () => inFolder('bin'), () => notFound(type, elsewhere())],
  ),
  ['an empty CNI_PATH', 'good', () => '', () => notFound('good', 'CNI_PATH is empty')],
  ['a CNI_PATH of colons', 'good', () => ':::', () => notFound('good', 'CNI_PATH is empty')],
  ['no CNI_PATH', 'good', () => undefined, () => notFound('good', 'CNI_PATH is empty')],
  ['a thousand folders', 'good', () => many, () => notFound('good', `it is not in CNI_PATH "${many}"`)],
];

describe.each(missing)('%s gives no program', (_what, type, path, msg) => {
  test('and ADD changes nothing', async () => {
    expect(await refusalIn(testbed, 'ADD', calling(type, path()))).toEqual({ code: 7, msg: msg() });
    expect(await statesOf(testbed)).toEqual(before);
  });

  test('and DEL deletes the link all the same', async () => {
    await succeedIn(testbed, 'ADD', { config: plainConf({ ipam: undefined }) });
    expect(await refusalIn(testbed, 'DEL', calling(type, path()))).toMatchObject({ code: 7 });
    expect(await statesOf(testbed)).toEqual(before);
  });
});

test.each([
  ['no-interpreter', 'ENOENT'],
  ['not-executable', 'EACCES'],
])('a program that cannot be run is named, and leaves nothing: %s', async (type, errno) => {
  const told = (verb: string) => `plugin "${type}" cannot be run (${errno}) on ${verb}`;
  expect(await refusalIn(testbed, 'ADD', calling(type, inFolder('bin')))).toEqual({
    code: 999,
    msg: told('ADD'),
    details: `could not be rolled back: release the addresses: ${told('DEL')}`,
  });
  expect(await statesOf(testbed)).toEqual(before);
});
