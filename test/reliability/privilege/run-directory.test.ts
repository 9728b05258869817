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

/** Files planted as /run/vlan-bridge: the plugin follows and changes none of them. */

const OTHER_UID = 12345;
const collecting = plainConf({ 'cni.dev/valid-attachments': [] });
const masquerading = plainConf({ ipMasq: true, ipMasqBackend: 'nftables' });

let testbed: Testbed;
/** The /run of every call. */
let run: string;
/** A file and a folder of another user. */
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
  for (const path of [precious, home]) chownSync(path, OTHER_UID, OTHER_UID);
});

/** Settings of a call whose /run is `run`. */
const there = (config: object) => ({ script: `mount --bind ${run} /run && exec "$0"`, config });

function foreign(path: string): void {
  chownSync(path, OTHER_UID, 0);
}

/** Planted files, and the error. */
const directories: readonly (readonly [what: string, make: (path: string) => void, problem: string])[] = [
  ["a link to another user's folder", (path) => symlinkSync(home, path), 'is not a directory'],
  [
    'a link to a folder of root',
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
    "another user's folder",
    (path) => {
      mkdirSync(path, { mode: 0o700 });
      foreign(path);
    },
    `belongs to uid ${OTHER_UID}`,
  ],
  [
    'a world-writable folder',
    (path) => {
      mkdirSync(path);
      chmodSync(path, 0o777);
    },
    'is writable by other users',
  ],
];

describe.each(directories)('%s in place of the directory', (_what, make, problem) => {
  const sentence = `lock directory "/run/vlan-bridge" ${problem}`;
  beforeEach(() => make(join(run, 'vlan-bridge')));

  test('is reported by ADD, which changes nothing', async () => {
    const before = [await statesOf(testbed), contentsOf(testbed.folder)];
    expect(await refusalIn(testbed, 'ADD', there(plainConf()))).toEqual({ code: 5, msg: sentence });
    expect([await statesOf(testbed), contentsOf(testbed.folder)]).toEqual(before);
  });

  test.each([
    ['DEL', plainConf()],
    ['GC', collecting],
  ])('is reported by %s, which deletes the links and changes no file', async (verb, config) => {
    await succeedIn(testbed, 'ADD');
    const before = contentsOf(testbed.folder);
    const { code, msg } = await refusalIn(testbed, verb, there(config));
    expect({ code, msg }).toEqual({ code: 5, msg: expect.stringContaining(sentence) });
    expect(contentsOf(testbed.folder)).toEqual(before);
    expect([await linkNames(testbed.node), await linkNames(testbed.pod.netns)]).toEqual([['plain0'], []]);
  });
});

describe('a new /run/vlan-bridge', () => {
  test.each(['0', '022', '077'])('is only for root with umask %s', async (umask) => {
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
