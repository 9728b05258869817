import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { linkAddresses, linkNames } from '../../helpers/links.ts';
import { exec, ip, type Netns, processesIn } from '../../helpers/netns.ts';
import { add, call, check, createPod, del, networkConf, type Pod, refusal } from '../../helpers/pod.ts';
import { folderWithProgram } from '../../helpers/programs.ts';
import { createNode, keptFiles } from '../../helpers/trunk.ts';

/** An IPAM plugin that tells who runs it and goes on when its folder has no "hold" any more, after half a minute at the most. */
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
/** Where the IPAM plugin is. */
let path: string;

beforeEach(async () => {
  node = await createNode();
  await ip(node, 'link add plain0 up type bridge');
  pod = await createPod(node);
  path = folderWithProgram('hesitant', IPAM);
  writeFileSync(join(path, 'hold'), '');
});

test('an ADD that waits for another of the same attachment takes away what that one leaves when it is killed', async () => {
  const killed = call('ADD', pod, conf, { path });
  const pid = await heldPid();
  const waiting = add(pod, conf, { path });
  await vi.waitFor(() => expect(processesIn(node.path).filter(hasMark)).toHaveLength(2), PATIENCE);
  process.kill(pid, 'SIGKILL');
  letGo();
  expect(await killed).toMatchObject({ exitCode: undefined, stdout: '' });
  const result = await waiting;
  await check(pod, conf, result, { path });
  expect(await linkNames(node)).toEqual(['plain0', result.interfaces[1].name]);
  expect(await linkAddresses(pod.netns, 'net1')).toEqual(['10.20.1.11/24']);
  await del(pod, conf, { path });
  expect(await left()).toEqual(['plain0']);
});

test('an ADD that is asked to end while its IPAM plugin works takes everything back afterwards', async () => {
  const ended = call('ADD', pod, conf, { path });
  process.kill(await heldPid(), 'SIGTERM');
  letGo();
  expect(await ended).toMatchObject({ exitCode: 1, json: { code: 11, msg: 'asked to end by a signal' } });
  expect(await left()).toEqual(['plain0']);
});

test('an ADD that is asked to end while its IPAM plugin hangs is over soon, and DEL removes what it leaves', async () => {
  const ended = call('ADD', pod, conf, { path, timeoutMs: 20_000 });
  process.kill(await heldPid(), 'SIGHUP');
  expect(await ended).toMatchObject({ exitCode: undefined, stdout: '' });
  expect(existsSync(join(path, 'hold'))).toBe(true);
  letGo();
  await del(pod, conf, { path });
  expect(await left()).toEqual(['plain0']);
});

describe('an ADD in whose middle', () => {
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
  ])('%s fails with a reason, and takes back everything', async (_case, keys, code, words, disturb) => {
    const refused = refusal('ADD', pod, { ...conf, ...keys }, { path });
    await heldPid();
    await disturb();
    const bridges = (await linkNames(node)).filter((name) => !name.startsWith('veth'));
    letGo();
    const failure = await refused;
    expect(failure).toMatchObject({ code, msg: expect.stringMatching(words) });
    expect(JSON.stringify(failure)).not.toMatch(/could not be rolled back|undefined/);
    expect(await left()).toEqual(bridges);
    await add(pod, conf, { path });
  });

  test.each([
    ['that it has set up is deleted', ['link set plain0 down'], ['link del plain0'], []],
    ['that it has made is deleted', ['link del plain0'], ['link del plain0'], []],
    [
      'that it has made is replaced by another one',
      ['link del plain0'],
      ['link del plain0', 'link add plain0 type bridge'],
      ['plain0'],
    ],
  ])('the bridge %s fails, and leaves what others have made', async (_case, before, meanwhile, bridges) => {
    await ip(node, ...before);
    const refused = refusal('ADD', pod, { ...conf, promiscMode: true }, { path });
    await heldPid();
    await ip(node, ...meanwhile);
    letGo();
    expect(await refused).toEqual({ cniVersion: '1.0.0', code: 11, msg: expect.stringMatching(OUTSIDE) });
    expect(await left()).toEqual(bridges);
  });

  test('the network namespace loses its name ends, and nothing is left when DEL was called', async () => {
    const output = call('ADD', pod, conf, { path });
    await heldPid();
    await exec(node, 'ip', ['netns', 'del', pod.netns.name]);
    letGo();
    expect(await output).toMatchObject({ exitCode: expect.toSatisfy((code) => code === 0 || code === 1) });
    await del(pod, conf, { path });
    await vi.waitFor(async () => expect(await left()).toEqual(['plain0']), PATIENCE);
  });
});

/** Waits until the plugin waits for its IPAM plugin: its pid. By then the port is in the bridge, and the link in the pod. */
async function heldPid(): Promise<number> {
  const parents = join(path, 'parents');
  return vi.waitFor(() => {
    expect(existsSync(parents)).toBe(true);
    const text = readFileSync(parents, 'utf8');
    expect(text).toMatch(/^\d+\n$/);
    return Number(text);
  }, PATIENCE);
}

function letGo(): void {
  rmSync(join(path, 'hold'));
}

async function portName(): Promise<string> {
  return (await linkNames(node)).find((name) => name.startsWith('veth')) ?? '';
}

/** What there is: links of the node and the pod, masquerade rules, and files of the plugin that are no locks. */
async function left(): Promise<string[]> {
  const rules = await exec(node, 'nft', ['list', 'ruleset']);
  return [
    ...(await linkNames(node)),
    ...(existsSync(pod.netns.path) ? await linkNames(pod.netns) : []),
    ...(rules.match(/.*saddr.*/g) ?? []),
    ...keptFiles(node),
  ];
}

/** Whether the process has the mark of an ADD at work open: it holds it, or waits for it. */
function hasMark(pid: number): boolean {
  return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`).endsWith('.attaching'));
}

/** What the link leads to; nothing for one that is gone meanwhile. */
function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
