import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { linkAddresses, linkNames } from '../../helpers/links.ts';
import { exec, ip, type Netns, processesIn } from '../../helpers/netns.ts';
import { add, call, check, createPod, del, networkConf, type Pod, refusal } from '../../helpers/pod.ts';
import { folderWithProgram } from '../../helpers/programs.ts';
import { createNode, keptFiles } from '../../helpers/trunk.ts';

/** An IPAM plugin that records its parent's pid, and waits until the file "hold" is removed, at most half a minute. */
const IPAM = `
cd "\${0%/*}"
[ "$CNI_COMMAND" = ADD ] || exit 0
echo $PPID >> parents
for i in $(/usr/bin/seq 600); do [ -e hold ] || break; /bin/sleep 0.05; done
echo '{"cniVersion": "1.0.0", "ips": [{"address": "10.20.1.11/24"}]}'`;
const PATIENCE = { timeout: 30_000, interval: 20 };
const conf = networkConf({ bridge: 'plain0', ipMasq: true, ipam: { type: 'hesitant' } });
const OUTSIDE = /^port "veth\w+" is no longer in bridge "plain0"/;

let node: Netns;
let pod: Pod;
/** The folder of the IPAM plugin. */
let path: string;

beforeEach(async () => {
  node = await createNode();
  await ip(node, 'link add plain0 up type bridge');
  pod = await createPod(node);
  path = folderWithProgram('hesitant', IPAM);
  writeFileSync(join(path, 'hold'), '');
});

test('an ADD that waits for another one of the same attachment cleans up when that one is killed', async () => {
  const killed = call('ADD', pod, conf, { path });
  const pid = await heldPid();
  const waiting = add(pod, conf, { path });
  await vi.waitFor(() => expect(processesIn(node.path).filter(hasMark)).toHaveLength(2), PATIENCE);
  process.kill(pid, 'SIGKILL');
  removeHold();
  expect(await killed).toMatchObject({ exitCode: undefined, stdout: '' });
  const result = await waiting;
  await check(pod, conf, result, { path });
  expect(await linkNames(node)).toEqual(['plain0', result.interfaces[1].name]);
  expect(await linkAddresses(pod.netns, 'net1')).toEqual(['10.20.1.11/24']);
  await del(pod, conf, { path });
  expect(await left()).toEqual(['plain0']);
});

test('an ADD that gets SIGTERM while its IPAM plugin runs rolls back afterwards', async () => {
  const ended = call('ADD', pod, conf, { path });
  process.kill(await heldPid(), 'SIGTERM');
  removeHold();
  expect(await ended).toMatchObject({ exitCode: 1, json: { code: 11, msg: 'asked to end by a signal' } });
  expect(await left()).toEqual(['plain0']);
});

test('an ADD that gets SIGHUP while its IPAM plugin hangs can be killed, and DEL cleans up', async () => {
  const ended = call('ADD', pod, conf, { path, timeoutMs: 20_000 });
  process.kill(await heldPid(), 'SIGHUP');
  expect(await ended).toMatchObject({ exitCode: undefined, stdout: '' });
  expect(existsSync(join(path, 'hold'))).toBe(true);
  removeHold();
  await del(pod, conf, { path });
  expect(await left()).toEqual(['plain0']);
});

describe('an ADD during which', () => {
  test.each([
    ['its bridge is deleted', {}, 11, OUTSIDE, () => ip(node, 'link del plain0')],
    [
      'its bridge, the gateway, is deleted',
      { isGateway: true },
      100,
      /"plain0": ENODEV/,
      () => ip(node, 'link del plain0'),
    ],
    [
      'its port is put into another bridge',
      {},
      11,
      OUTSIDE,
      async () => {
        await ip(node, 'link add other0 type bridge', `link set ${await portName()} master other0`);
      },
    ],
    ['its link is renamed', {}, 100, /net1/, () => ip(pod.netns, 'link set net1 name other1')],
    ['its port is deleted by DEL', {}, 100, /net1/, () => del(pod, conf, { path })],
  ])('%s fails with a reason, and rolls back', async (_case, keys, code, words, disturb) => {
    const refused = refusal('ADD', pod, { ...conf, ...keys }, { path });
    await heldPid();
    await disturb();
    const bridges = (await linkNames(node)).filter((name) => !name.startsWith('veth'));
    removeHold();
    const failure = await refused;
    expect(failure).toMatchObject({ code, msg: expect.stringMatching(words) });
    expect(JSON.stringify(failure)).not.toMatch(/could not be rolled back|undefined/);
    expect(await left()).toEqual(bridges);
    await add(pod, conf, { path });
  });

  test.each([
    ['that it has set up is deleted', ['link set plain0 down'], ['link del plain0'], []],
    ['that it created is deleted', ['link del plain0'], ['link del plain0'], []],
    [
      'that it created is replaced by another one',
      ['link del plain0'],
      ['link del plain0', 'link add plain0 type bridge'],
      ['plain0'],
    ],
  ])(
    'the bridge %s fails, and keeps the objects of other programs',
    async (_case, before, meanwhile, bridges) => {
      await ip(node, ...before);
      const refused = refusal('ADD', pod, { ...conf, promiscMode: true }, { path });
      await heldPid();
      await ip(node, ...meanwhile);
      removeHold();
      expect(await refused).toEqual({ cniVersion: '1.0.0', code: 11, msg: expect.stringMatching(OUTSIDE) });
      expect(await left()).toEqual(bridges);
    },
  );

  test('the network namespace loses its name ends, and leaves nothing after DEL', async () => {
    const output = call('ADD', pod, conf, { path });
    await heldPid();
    await exec(node, 'ip', ['netns', 'del', pod.netns.name]);
    removeHold();
    expect(await output).toMatchObject({ exitCode: expect.toSatisfy((code) => code === 0 || code === 1) });
    await del(pod, conf, { path });
    await vi.waitFor(async () => expect(await left()).toEqual(['plain0']), PATIENCE);
  });
});

/** Waits until the plugin waits for its IPAM plugin, and returns its pid. By then the port is in the bridge, and the link in the pod. */
async function heldPid(): Promise<number> {
  const parents = join(path, 'parents');
  return vi.waitFor(() => {
    expect(existsSync(parents)).toBe(true);
    const text = readFileSync(parents, 'utf8');
    expect(text).toMatch(/^\d+\n$/);
    return Number(text);
  }, PATIENCE);
}

function removeHold(): void {
  rmSync(join(path, 'hold'));
}

async function portName(): Promise<string> {
  return (await linkNames(node)).find((name) => name.startsWith('veth')) ?? '';
}

/** Lists the links of the node and the pod, masquerade rules, and files of the plugin without locks. */
async function left(): Promise<string[]> {
  const rules = await exec(node, 'nft', ['list', 'ruleset']);
  return [
    ...(await linkNames(node)),
    ...(existsSync(pod.netns.path) ? await linkNames(pod.netns) : []),
    ...(rules.match(/.*saddr.*/g) ?? []),
    ...keptFiles(node),
  ];
}

/** Whether the process has the mark of an ADD open: it holds the lock or waits for it. */
function hasMark(pid: number): boolean {
  return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`).endsWith('.attaching'));
}

/** The target of the symlink; empty if it was removed meanwhile. */
function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
