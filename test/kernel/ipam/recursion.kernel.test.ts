import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { linkNames } from '../../helpers/links.ts';
import { createNetns, type Netns } from '../../helpers/netns.ts';
import { add, call, createPod, networkConf, type Pod, staticIpam } from '../../helpers/pod.ts';
import { executable } from '../../helpers/run-executable.ts';
import { temporaryDirectory } from '../../helpers/temporary.ts';
import { guarded } from '../guarded.ts';

const VERBS = ['ADD', 'CHECK', 'DEL', 'GC', 'STATUS'];

/** The links after each verb: ADD created none, and DEL deleted the port although IPAM failed. */
const LINKS_AFTER: Readonly<Record<string, readonly string[]>> = {
  CHECK: [expect.stringMatching(/^veth/), 'vlanbr0'],
  DEL: ['vlanbr0'],
};

let node: Netns;
let pod: Pod;
let folder: string;

beforeEach(async () => {
  node = await createNetns('node');
  pod = await createPod(node);
  folder = temporaryDirectory();
});

const attached = networkConf({ cniVersion: '1.1.0', ipam: staticIpam(['10.20.1.11/24']) });

function confOf(type: string) {
  return { ...attached, ipam: { type }, prevResult: { cniVersion: '1.1.0', ips: [] } };
}

/** DEL and CHECK need an attachment. */
async function prepare(verb: string): Promise<void> {
  if (verb === 'DEL' || verb === 'CHECK') await add(pod, attached);
}

describe.each([
  ['its own file', () => ({ type: 'vlan-bridge', path: dirname(executable()) })],
  ['a link to it', () => ({ type: 'other', path: linkTo('other') })],
])('an ipam.type that is %s', (_what, make) => {
  test.each(VERBS)('is refused on %s and not executed', async (verb) => {
    const { type, path } = make();
    await prepare(verb);
    const { exitCode, json } = await call(verb, pod, confOf(type), { path, by: guarded });
    const remedy = 'name an IPAM plugin, such as "host-local"';
    expect({ exitCode, json }).toEqual({
      exitCode: 1,
      json: {
        cniVersion: '1.1.0',
        code: 7,
        msg: `ipam.type "${type}" leads to this plugin itself, "${join(path, type)}"; ${remedy}`,
      },
    });
    expect(await linkNames(node)).toEqual(LINKS_AFTER[verb] ?? []);
  });
});

function linkTo(name: string): string {
  symlinkSync(executable(), join(folder, name));
  return folder;
}

describe('an IPAM plugin that calls this plugin', () => {
  /** Each level is a different attachment: the length of CNI_IFNAME is the depth. */
  const AGAIN = `#!/bin/sh
echo "$CNI_COMMAND" >>"$LEVELS"
CNI_IFNAME="\${CNI_IFNAME}x" "$PLUGIN"
`;

  function again(verb: string) {
    writeFileSync(join(folder, 'again'), AGAIN, { mode: 0o755 });
    const env = { LEVELS: join(folder, 'levels'), PLUGIN: executable() };
    return call(verb, pod, confOf('again'), { path: folder, by: guarded, env });
  }

  test.each(['DEL', 'GC', 'STATUS'])('is stopped on %s when four calls wait for each other', async (verb) => {
    const { exitCode, json } = await again(verb);
    const reason = '4 calls of this plugin wait for this one already, each by its IPAM plugin';
    expect({ exitCode, json }).toEqual({
      exitCode: 1,
      json: {
        cniVersion: '1.1.0',
        code: 7,
        msg: `ipam.type "again" is not run, "${join(folder, 'again')}": ${reason}`,
      },
    });
    expect(readFileSync(join(folder, 'levels'), 'utf8')).toBe(`${verb}\n`.repeat(4));
  });

  test('is stopped on ADD, which leaves nothing', async () => {
    const { exitCode, json } = await again('ADD');
    expect({ exitCode, json }).toMatchObject({
      exitCode: 1,
      json: { code: 7, msg: expect.stringContaining('4 calls of this plugin wait') },
    });
    expect(await linkNames(node)).toEqual([]);
    expect(await linkNames(pod.netns)).toEqual([]);
  });
});
