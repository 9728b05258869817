import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { linkNames } from '../../helpers/links.ts';
import {
  contentsOf,
  createTestbed,
  plainConf,
  refusalIn,
  statesOf,
  succeedIn,
  type Testbed,
} from './testbed.ts';

/** What others may have put in the place of /run/vlan-bridge: nothing of it is followed or changed. */

const SOMEBODY = 12345;
const collecting = plainConf({ 'cni.dev/valid-attachments': [] });
const masquerading = plainConf({ ipMasq: true, ipMasqBackend: 'nftables' });

let testbed: Testbed;
/** What every call has for /run. */
let run: string;
/** A file and a folder of somebody else. */
let precious: string;
let home: string;
beforeEach(async () => {
  testbed = await createTestbed(onTestFinished);
  run = join(testbed.folder, 'run');
  precious = join(testbed.folder, 'precious');
  home = join(testbed.folder, 'home');
  mkdirSync(run);
  mkdirSync(home);
  for (const file of [precious, join(home, `${testbed.prefix}a.attaching`)]) writeFileSync(file, 'precious');
  for (const path of [precious, home]) chownSync(path, SOMEBODY, SOMEBODY);
});

/** A call that sees `run` as its /run. */
const there = (config: object) => ({ script: `mount --bind ${run} /run && exec "$0"`, config });

function foreign(path: string): void {
  chownSync(path, SOMEBODY, 0);
}

/** What may stand in the place of the directory, and what is said about it. */
const directories: readonly (readonly [what: string, make: (path: string) => void, problem: string])[] = [
  ['a link to a folder of somebody else', (path) => symlinkSync(home, path), 'is not a directory'],
  [
    'a link to a folder of its own',
    (path) => {
      mkdirSync(`${path}.real`, { mode: 0o700 });
      symlinkSync(`${path}.real`, path);
    },
    'is not a directory',
  ],
  ['a link to a file', (path) => symlinkSync(precious, path), 'is not a directory'],
  ['a dangling link', (path) => symlinkSync('/nonexistent', path), 'is not a directory'],
  ['a file', (path) => writeFileSync(path, ''), 'is not a directory'],
  ['a fifo', (path) => execFileSync('mkfifo', [path]), 'is not a directory'],
  [
    'a folder of somebody else',
    (path) => {
      mkdirSync(path, { mode: 0o700 });
      foreign(path);
    },
    `belongs to uid ${SOMEBODY}`,
  ],
  [
    'a folder that everybody can write to',
    (path) => {
      mkdirSync(path);
      chmodSync(path, 0o777);
    },
    'is writable by others',
  ],
];

describe.each(directories)('%s in place of the directory', (_what, make, problem) => {
  const sentence = `lock directory "/run/vlan-bridge" ${problem}`;
  beforeEach(() => make(join(run, 'vlan-bridge')));

  test('is named by ADD, which changes nothing', async () => {
    const before = [await statesOf(testbed), contentsOf(testbed.folder)];
    expect(await refusalIn(testbed, 'ADD', there(plainConf()))).toEqual({ code: 5, msg: sentence });
    expect([await statesOf(testbed), contentsOf(testbed.folder)]).toEqual(before);
  });

  test.each([
    ['DEL', plainConf()],
    ['GC', collecting],
  ])('is named by %s, which deletes what there is and changes no file', async (verb, config) => {
    await succeedIn(testbed, 'ADD');
    const before = contentsOf(testbed.folder);
    const { code, msg } = await refusalIn(testbed, verb, there(config));
    expect({ code, msg }).toEqual({ code: 5, msg: expect.stringContaining(sentence) });
    expect(contentsOf(testbed.folder)).toEqual(before);
    expect([await linkNames(testbed.node), await linkNames(testbed.pod.netns)]).toEqual([['plain0'], []]);
  });
});

describe('what is made', () => {
  test.each(['0', '022', '077'])('is for root alone with umask %s', async (umask) => {
    const script = `umask ${umask}; mount --bind ${run} /run && exec "$0"`;
    await succeedIn(testbed, 'ADD', { script, config: masquerading });
    const made = contentsOf(run).map((line) => line.replace(/^.*?(\.\w+)?: (\d+ of \d+),.*$/, '$2 $1'));
    expect(made.sort()).toEqual([
      '100600 of 0 .lock',
      '100600 of 0 .masquerade',
      '100600 of 0 .turn',
      '40700 of 0 ',
    ]);
  });
});
