import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { linkNames } from '../../helpers/links.ts';
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

/** What CNI_NETNS may lead to, beside what test/binary/bad-input/netns.ts has. */

const cleanup = fileCleanup();
let testbed: Testbed;
let before: Awaited<ReturnType<typeof statesOf>>;

/** In the testbed's folder. */
const inFolder = (name: string): string => join(testbed.folder, name);

beforeAll(async () => {
  testbed = await createTestbed(cleanup);
  mkdirSync(inFolder('shut'));
  symlinkSync(testbed.pod.netns.path, inFolder('shut/link'));
  chownSync(inFolder('shut'), 12345, 12345);
  chmodSync(inFolder('shut'), 0o700);
  symlinkSync(testbed.netns, inFolder('to-proc'));
  symlinkSync(inFolder('to-proc'), inFolder('link'));
  symlinkSync(testbed.netns, inFolder('a\nline'));
  symlinkSync('/run/netns/none', inFolder('dangling'));
  symlinkSync('loop', inFolder('loop'));
  writeFileSync(inFolder('file\nline'), '');
  // What `ip netns` leaves when the namespace is unmounted and the file is not removed.
  writeFileSync(inFolder('stale'), '');
});
beforeEach(async () => {
  before = await statesOf(testbed);
});

/** The path with "./" put into it until it has that many bytes. */
function padded(path: string, bytes: number): string {
  const missing = bytes - path.length;
  return `/${'/'.repeat(missing % 2)}${'./'.repeat(missing / 2)}${path.slice(1)}`;
}

const working: readonly (readonly [what: string, path: () => string])[] = [
  ['a link to a link to one', () => inFolder('link')],
  ["one in another user's folder", () => inFolder('shut/link')],
  ['a path with a line break', () => inFolder('a\nline')],
  ['a path of 4,095 bytes', () => padded(testbed.netns, 4095)],
  ['a path that goes up and down', () => `${testbed.folder}/../..${testbed.netns}`],
];

test.each(working)('%s works, and is in the result as it was given', async (_what, path) => {
  const env = { CNI_NETNS: path() };
  const { interfaces } = await succeedIn(testbed, 'ADD', { env });
  expect(interfaces[2]).toMatchObject({ name: 'net1', sandbox: path() });
  expect(await linkNames(testbed.pod.netns)).toEqual(['net1']);
  await succeedIn(testbed, 'DEL', { env });
  expect(await statesOf(testbed)).toEqual(before);
});

/** The messages, with PATH in place of what was given. */
const isNone = 'CNI_NETNS: "PATH" is not a network namespace';
const isMissing = 'CNI_NETNS: network namespace "PATH" does not exist';
const isOwn = 'CNI_NETNS "PATH" is the network namespace that the plugin runs in';
/** One of the engines looks at the length of a path before the kernel does. */
const cannot = (errno: string) =>
  expect.stringMatching(new RegExp(`^CNI_NETNS: (open|look up) "PATH": ${errno} \\(.*\\)$`));

/** The refusal of a call with that path. */
async function refusalOf(path: string, verb: string, settings: CallSettings = {}) {
  const { code, msg } = await refusalIn(testbed, verb, { ...settings, env: { CNI_NETNS: path } });
  return { code, msg: msg.replace(path, 'PATH') };
}

const refused: readonly (readonly [what: string, path: () => string, msg: unknown])[] = [
  ['a dangling link', () => inFolder('dangling'), isMissing],
  ['a link to itself', () => inFolder('loop'), cannot('ELOOP')],
  ['a file whose name has a line break', () => inFolder('file\nline'), isNone],
  ['what is left of a namespace that is gone', () => inFolder('stale'), isNone],
  ['a path of 4,096 bytes', () => padded(testbed.netns, 4096), cannot('ENAMETOOLONG')],
  ['a path of 100,000 bytes', () => padded(testbed.netns, 100_000), cannot('ENAMETOOLONG')],
  ['a name of 300 bytes', () => `/${'x'.repeat(300)}`, cannot('ENAMETOOLONG')],
  ['a relative path', () => 'run/netns/none', isMissing],
  ['the root', () => '/', isNone],
  ['a user namespace', () => '/proc/self/ns/user', isNone],
  ['a pid namespace', () => '/proc/self/ns/pid', isNone],
  ['its own by /proc/self', () => '/proc/self/ns/net', isOwn],
  ['its own by /proc/thread-self', () => '/proc/thread-self/ns/net', isOwn],
  ['a descriptor that it has not got', () => '/proc/self/fd/999', isMissing],
  ['a process that there is not', () => '/proc/4194305/ns/net', isMissing],
  ['a device without end', () => '/dev/zero', isNone],
  ['a device that makes others', () => '/dev/ptmx', isNone],
];

describe.each(refused)('%s', (_what, path, msg) => {
  test.each([
    ['ADD', plainConf()],
    ['CHECK', plainConf({ prevResult: {} })],
  ])('is refused by %s', async (verb, config) => {
    expect(await refusalOf(path(), verb, { config })).toEqual({ code: 8, msg });
  });

  test('is nothing to DEL, and nothing is left', async () => {
    await succeedIn(testbed, 'DEL', { env: { CNI_NETNS: path() } });
    expect(await statesOf(testbed)).toEqual(before);
  });
});

test("one in another user's folder is refused where root may not look into it", async () => {
  const script = 'exec setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all "$0"';
  expect(await refusalOf(inFolder('shut/link'), 'ADD', { script })).toEqual({
    code: 8,
    msg: cannot('EACCES'),
  });
  expect(await statesOf(testbed)).toEqual(before);
});
