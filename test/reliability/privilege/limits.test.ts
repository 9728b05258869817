import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import {
  callIn,
  createTestbed,
  engine,
  plainConf,
  refusalIn,
  statesOf,
  succeedIn,
  type Testbed,
} from './testbed.ts';

/** Exhausted resources of a machine: ADD works, or names the missing resource and changes nothing. */

const masquerading = plainConf({ ipMasq: true, ipMasqBackend: 'nftables' });

let testbed: Testbed;
beforeEach(async () => {
  testbed = await createTestbed(onTestFinished);
});

/** Calls ADD after these lines of shell, and through $LIMIT if they set it. ADD must fail, change nothing and leave no record. Returns the error. */
async function refusalOf(lines: string, config: object) {
  const before = await statesOf(testbed);
  const names = join(testbed.folder, 'names');
  const script = `${lines}; $LIMIT "$0"; code=$?; ls -A /run/vlan-bridge | cat >"$NAMES"; exit $code`;
  const { code, msg } = await refusalIn(testbed, 'ADD', { script, config, env: { NAMES: names } });
  expect(await statesOf(testbed)).toEqual(before);
  const left = readFileSync(names, 'utf8').split('\n');
  expect(left.filter((name) => !/^(full|.*\.lock|.*\.turn|)$/.test(name))).toEqual([]);
  return { code, msg: msg.replaceAll(/\d{6,}-veth\w+/g, 'PORT').replace(/\.\d+"/, '.PID"') };
}

const run = '/run/vlan-bridge';
/** Mounts a /run/vlan-bridge of this size. */
const small = (options: string) => `mount -t tmpfs -o mode=700,${options} tmpfs ${run}`;
/** Fills the remaining space with an unrelated file. */
const fill = `head -c 4096 /dev/zero >${run}/full`;

test.each([
  ['/run is read-only', `mount -o remount,bind,ro ${run}`, {}, `open "${run}/PORT.attaching": EROFS`],
  ['/run has no file left', small('nr_inodes=1'), {}, `open "${run}/PORT.attaching": ENOSPC`],
  ['/run has one file left', small('nr_inodes=2'), {}, `open "${run}/\\d+-plain0.turn": ENOSPC`],
  ['/run has two files left', small('nr_inodes=3'), {}, `open "${run}/\\d+-plain0.lock": ENOSPC`],
  [
    '/run has no file for a record',
    small('nr_inodes=4'),
    masquerading,
    `open "${run}/PORT.masquerade.PID": ENOSPC`,
  ],
  [
    '/run is full',
    `${small('size=4k')}; ${fill}`,
    masquerading,
    `write "${run}/PORT.masquerade.PID": ENOSPC`,
  ],
  [
    'files must stay empty',
    'LIMIT="prlimit --fsize=0"',
    masquerading,
    `write "${run}/PORT.masquerade.PID": EFBIG`,
  ],
  [
    '/proc/sys is read-only',
    'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys',
    {},
    'open "/proc/sys/net/ipv6/conf/veth\\w+/accept_ra": EROFS',
  ],
])('ADD fails when %s, and leaves nothing', async (_what, script, keys, problem) => {
  expect(await refusalOf(script, plainConf(keys))).toEqual({
    code: 100,
    msg: expect.stringMatching(new RegExp(`^${problem} \\(.*\\)$`)),
  });
});

test('ADD works with a full /run when it has nothing to record', async () => {
  await succeedIn(testbed, 'ADD', { script: `${small('size=4k')}; ${fill}; exec "$0"` });
  await succeedIn(testbed, 'DEL');
});

test.each([
  ['/sys is not mounted', 'umount -l /sys'],
  ['/dev is empty', 'mount -t tmpfs tmpfs /dev'],
  ['files must stay empty', 'ulimit -f 0'],
  ['no process may be started', 'prlimit --nproc=1 --pid $$'],
  ['no memory may be locked', 'ulimit -l 0'],
  ['only 40 files may be open', 'ulimit -n 40'],
])('ADD and DEL work when %s', async (_what, script) => {
  const before = await statesOf(testbed);
  await succeedIn(testbed, 'ADD', { script: `${script}; exec "$0"` });
  await succeedIn(testbed, 'DEL', { script: `${script}; exec "$0"` });
  expect(await statesOf(testbed)).toEqual(before);
});

const refused = {
  exitCode: 1,
  stderr: '',
  stdout: expect.stringMatching(/"code": 8,\s+"msg": "CNI_NETNS: .*statfs .*ENOENT/),
};
const withoutProc: Readonly<Record<string, object>> = {
  native: refused,
  pkg: refused,
};

test('ADD without /proc changes nothing', async () => {
  const before = await statesOf(testbed);
  const env = { CNI_NETNS: testbed.pod.netns.path };
  expect(await callIn(testbed, 'ADD', { script: 'umount -l /proc; exec "$0"', env })).toEqual(
    withoutProc[engine],
  );
  expect(await statesOf(testbed)).toEqual(before);
});

/** The lowest limit of descriptors with which the engine runs our code. */
const ENOUGH_TO_START: Readonly<Record<string, number>> = { native: 3, pkg: 21 };
/** More descriptors than ADD opens at once, without the engine's. */
const ENOUGH_FOR_ADD = 10;

test('ADD with too few descriptors names the file that it cannot open, and leaves nothing', async () => {
  const before = await statesOf(testbed);
  const first = ENOUGH_TO_START[engine] ?? 0;
  const named = new Set<string>();
  for (let limit = first; limit < first + ENOUGH_FOR_ADD; limit += 1) {
    const { exitCode, stdout } = await callIn(testbed, 'ADD', { script: `ulimit -n ${limit}; exec "$0"` });
    if (exitCode === 0) {
      await succeedIn(testbed, 'DEL');
      continue;
    }
    const { msg } = JSON.parse(stdout);
    expect(msg).toMatch(
      /^(CNI_NETNS: )?(open "[^"]+"|open a netlink socket: socket): EMFILE \(too many open files\)$/,
    );
    named.add(msg);
    expect(await statesOf(testbed)).toEqual(before);
  }
  expect(named.size).toBeGreaterThanOrEqual(5);
});

/** Node exits before our code runs. */
const withSixteen: Readonly<Record<string, number>> = { native: 0, pkg: 139 };

test('with 16 descriptors ADD works, and fails without changes with Node', async () => {
  const before = await statesOf(testbed);
  const { exitCode } = await callIn(testbed, 'ADD', { script: 'ulimit -n 16; "$0"' });
  expect(exitCode).toBe(withSixteen[engine]);
  await succeedIn(testbed, 'DEL');
  expect(await statesOf(testbed)).toEqual(before);
});

test('ADD rolls back when its result does not fit into stdout, and reports it on stderr', async () => {
  const before = await statesOf(testbed);
  const script = 'prlimit --fsize=0 "$0" >"$OUT"';
  const env = { OUT: join(testbed.folder, 'out') };
  expect(await callIn(testbed, 'ADD', { script, env })).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'vlan-bridge: write "stdout": EFBIG (file too large)\n',
  });
  expect(readFileSync(env.OUT, 'utf8')).toBe('');
  expect(await statesOf(testbed)).toEqual(before);
});
