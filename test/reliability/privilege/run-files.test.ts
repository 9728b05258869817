import { execFileSync } from 'node:child_process';
import { chownSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { linkNames, showHostEnd } from '../../helpers/links.ts';
import { createPod } from '../../helpers/pod.ts';
import {
  contentsOf,
  createTestbed,
  plainConf,
  refusalIn,
  statesOf,
  succeedIn,
  type Testbed,
} from './testbed.ts';

/** What may be in the place of the files in /run/vlan-bridge: nothing of it is followed or changed, and nobody waits for it. */

const SOMEBODY = 12345;
const collecting = plainConf({ 'cni.dev/valid-attachments': [] });
const masquerading = plainConf({ ipMasq: true, ipMasqBackend: 'nftables' });

let testbed: Testbed;
/** A file and a folder of somebody else. */
let precious: string;
let home: string;
beforeEach(async () => {
  testbed = await createTestbed(onTestFinished);
  precious = join(testbed.folder, 'precious');
  home = join(testbed.folder, 'home');
  mkdirSync(home);
  writeFileSync(precious, JSON.stringify({ backend: 'nftables' }));
  for (const path of [precious, home]) chownSync(path, SOMEBODY, SOMEBODY);
});

/** The name of the pod's host end, the same each time. */
async function hostName(): Promise<string> {
  await succeedIn(testbed, 'ADD');
  const { ifname } = await showHostEnd(testbed.node, testbed.pod.netns);
  await succeedIn(testbed, 'DEL');
  return ifname;
}

/** What may stand in the place of a file, and what is said of a lock, and of a record. */
type File = readonly [
  what: string,
  make: (path: string) => void,
  ofLock: (path: string) => string,
  ofRecord: (path: string) => string,
];

const tooMany = (path: string): string => `open "${path}": ELOOP (too many levels of symbolic links)`;
const notRegular = (path: string): string => `"${path}" is not a regular file`;
const notOurs = (path: string): string => `"${path}" belongs to uid ${SOMEBODY}`;

const files: readonly File[] = [
  ["a link to somebody's file", (path) => symlinkSync(precious, path), tooMany, tooMany],
  ['a dangling link', (path) => symlinkSync(join(home, 'new'), path), tooMany, tooMany],
  ['a fifo', (path) => execFileSync('mkfifo', [path]), (path) => `lock ${notRegular(path)}`, notRegular],
  ['a directory', (path) => mkdirSync(path), (path) => `open "${path}": EISDIR (is a directory)`, notRegular],
  [
    'a file of somebody else',
    (path) => {
      writeFileSync(path, '{}');
      chownSync(path, SOMEBODY, 0);
    },
    (path) => `lock ${notOurs(path)}`,
    notOurs,
  ],
];

describe.each(files)('%s in place', (_what, make, ofLock, ofRecord) => {
  /** Puts it there: the path by which the plugin calls it. */
  function plant(name: string): string {
    make(join(testbed.records, `${testbed.prefix}${name}`));
    return `/run/vlan-bridge/${testbed.prefix}${name}`;
  }

  test.each(['plain0.turn', 'plain0.lock'])(
    'of the lock %s is named by ADD; DEL and GC work',
    async (name) => {
      const path = plant(name);
      const planted = contentsOf(testbed.records);
      const before = [await statesOf(testbed), contentsOf(home)];
      expect(await refusalIn(testbed, 'ADD')).toMatchObject({ msg: ofLock(path) });
      await succeedIn(testbed, 'DEL');
      await succeedIn(testbed, 'GC', { config: collecting });
      expect([await statesOf(testbed), contentsOf(home)]).toEqual(before);
      expect(contentsOf(testbed.records)).toEqual(expect.arrayContaining([...planted]));
    },
  );

  test('of the mark of an ADD is named by this ADD and by GC, and is in the way of no other pod', async () => {
    const path = plant(`${await hostName()}.attaching`);
    const before = [await statesOf(testbed), contentsOf(testbed.folder)];
    expect(await refusalIn(testbed, 'ADD')).toMatchObject({ msg: ofLock(path) });
    await succeedIn(testbed, 'DEL');
    expect(await refusalIn(testbed, 'GC', { config: collecting })).toMatchObject({
      msg: expect.stringContaining(ofLock(path)),
    });
    expect([await statesOf(testbed), contentsOf(testbed.folder)]).toEqual(before);
    const other = await createPod(testbed.node);
    const elsewhere = { CNI_CONTAINERID: other.containerId, CNI_NETNS: other.netns.path };
    await succeedIn(testbed, 'ADD', { env: elsewhere });
    expect(await linkNames(other.netns)).toEqual(['net1']);
  });

  test.each(['masquerade', 'uplink'])(
    'of a record of %s is named by DEL and GC, which delete what there is',
    async (kind) => {
      await succeedIn(testbed, 'ADD');
      const { ifname } = await showHostEnd(testbed.node, testbed.pod.netns);
      const path = plant(kind === 'uplink' ? '7.uplink' : `${ifname}.masquerade`);
      const before = contentsOf(testbed.folder);
      for (const verb of ['GC', 'DEL']) {
        const { msg } = await refusalIn(testbed, verb, { config: collecting });
        expect(msg).toContain(ofRecord(path));
        expect([await linkNames(testbed.node), contentsOf(testbed.folder)]).toEqual([['plain0'], before]);
      }
    },
  );
});

test("a link to somebody's file is replaced by the record of masquerading, and not followed", async () => {
  const name = `${testbed.prefix}${await hostName()}.masquerade`;
  symlinkSync(precious, join(testbed.records, name));
  const before = contentsOf(home);
  await succeedIn(testbed, 'ADD', { config: masquerading });
  const { mode, uid } = lstatSync(join(testbed.records, name));
  expect({ mode: mode.toString(8), uid, home: contentsOf(home) }).toEqual({
    mode: '100600',
    uid: 0,
    home: before,
  });
  await succeedIn(testbed, 'DEL');
  expect(contentsOf(testbed.records).filter((line) => line.includes('masquerade'))).toEqual([]);
});
