import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { linkNames } from '../../helpers/links.ts';
import { createNetns, deleteNetns, ip, type Netns } from '../../helpers/netns.ts';
import {
  add,
  callOfNetwork,
  createPod,
  networkConf,
  type Pod,
  refusal,
  staticIpam,
} from '../../helpers/pod.ts';
import { folderWithProgram } from '../../helpers/programs.ts';

const VALID = 'cni.dev/valid-attachments';
const conf = networkConf({ cniVersion: '1.1.0' });

let node: Netns;

beforeEach(async () => {
  node = await createNetns('node');
});

describe('GC removes nothing of live pods', () => {
  test.each([
    ['without a list of valid attachments', {}],
    ['with a list that is null', { [VALID]: null }],
    ['with only the older name of the list', { 'cni.dev/attachments': [] }],
  ])('%s', async (_case, keys) => {
    const pod = await createPod(node);
    await add(pod, conf);
    const before = await Promise.all([kernelState(node), kernelState(pod.netns)]);
    await gc({ ...conf, ...keys });
    expect(await Promise.all([kernelState(node), kernelState(pod.netns)])).toEqual(before);
  });
});

test('GC removes attachments that are not in the list, and all with an empty list', async () => {
  const pods = await Promise.all([createPod(node), createPod(node), createPod(node)]);
  const [kept, gone, dead] = pods;
  const results = await Promise.all(pods.map((pod) => add(pod, conf)));
  const [second] = await Promise.all([add(kept, conf, { ifname: 'net2' })]);
  await deleteNetns(dead.netns);
  const valid = [attachmentOf(kept), { containerID: 'never-seen', ifname: 'net1' }];
  await gc({ ...conf, [VALID]: valid });
  expect(await linkNames(node)).toEqual([results[0]?.interfaces[1].name, 'vlanbr0']);
  expect(await linkNames(kept.netns)).toEqual(['net1']);
  expect(await linkNames(gone.netns)).toEqual([]);
  expect(second.interfaces[1].name).not.toBe(results[0]?.interfaces[1].name);
  await gc({ ...conf, [VALID]: [] });
  expect(await linkNames(node)).toEqual(['vlanbr0']);
});

test('GC keeps links of other networks and programs, and the gateway of a VLAN', async () => {
  const pod = await createPod(node);
  const ipam = staticIpam(['10.20.1.11/24']);
  const other = networkConf({ name: 'blue-2', isGateway: true, ipam });
  // Aliases end with the name of the network, and this name has ours as its end.
  const similar = networkConf({ name: 'network-blue', bridge: 'other0' });
  await add(pod, other);
  await add(pod, similar, { ifname: 'net2' });
  await ip(
    node,
    'link add theirs0 type veth peer name theirs1',
    'link set theirs0 master vlanbr0 alias "net1 of container x, network blue"',
    'link add vethaaaaaaaaaaa master vlanbr0 type veth peer name theirs2',
    'link add bridge9 type bridge',
    'link set bridge9 alias "vlan-bridge: net1 of container x, network blue"',
  );
  const before = await Promise.all([kernelState(node), kernelState(pod.netns)]);
  await gc({ ...conf, [VALID]: [] });
  expect(await Promise.all([kernelState(node), kernelState(pod.netns)])).toEqual(before);
});

test.each([
  [{ [VALID]: 'all' }, `${VALID}: "all": must be a list`],
  [{ [VALID]: [{ containerID: 7, ifname: 'net1' }] }, `${VALID}[0].containerID: 7: must be a string`],
])('GC refuses a malformed list and removes nothing: %j', async (keys, words) => {
  const pod = await createPod(node);
  const result = await add(pod, conf);
  expect(await refusal('GC', pod, { ...conf, ...keys })).toMatchObject({
    code: 7,
    msg: expect.stringContaining(words),
  });
  expect(await linkNames(node)).toEqual([result.interfaces[1].name, 'vlanbr0']);
});

describe('GC of a delegated IPAM', () => {
  const addresses = '{"ips": [{"address": "10.20.1.11/24"}]}';
  const recording = `cd "$(dirname "$0")"; echo "$CNI_COMMAND" >> verbs; cat > input; case $CNI_COMMAND in ADD) echo '${addresses}';; esac`;

  test('passes the list on, and removes the ports itself', async () => {
    const path = folderWithProgram('fake-ipam', recording);
    const pod = await createPod(node);
    const delegated = { ...conf, ipam: { type: 'fake-ipam', pool: 7 } };
    await add(pod, delegated, { path });
    const config = { ...delegated, [VALID]: [] };
    await gc(config, path);
    expect(readFileSync(join(path, 'verbs'), 'utf8')).toBe('ADD\nGC\n');
    expect(JSON.parse(readFileSync(join(path, 'input'), 'utf8'))).toEqual(config);
    expect(await linkNames(node)).toEqual(['vlanbr0']);
  });

  test('reports the failure of the IPAM plugin after the other steps', async () => {
    const failing = `${recording}; if [ $CNI_COMMAND = GC ]; then echo '{"code": 121, "msg": "the pool is dry", "details": "quite"}'; exit 1; fi`;
    const path = folderWithProgram('fake-ipam', failing);
    const pod = await createPod(node);
    const delegated = { ...conf, ipam: { type: 'fake-ipam' } };
    await add(pod, delegated, { path });
    expect(await refusal('GC', pod, { ...delegated, [VALID]: [] }, { path })).toEqual({
      cniVersion: '1.1.0',
      code: 121,
      msg: 'the pool is dry',
      details: 'quite',
    });
    expect(await linkNames(node)).toEqual(['vlanbr0']);
  });

  test.each([
    ['does not know the verb', 4],
    ['does not speak the version', 1],
  ])('is fine with one that %s', async (_case, code) => {
    const old = `echo '{"code": ${code}, "msg": "unknown CNI_COMMAND: GC"}'; exit 1`;
    await gc({ ...conf, ipam: { type: 'fake-ipam' } }, folderWithProgram('fake-ipam', old));
  });
});

test('GC is refused before version 1.1.0', async () => {
  const pod = await createPod(node);
  expect(await refusal('GC', pod, { ...conf, cniVersion: '1.0.0' })).toMatchObject({ code: 1 });
});

async function gc(config: object, path = '/opt/cni/bin'): Promise<void> {
  await callOfNetwork('GC', node, config, { path });
}

function attachmentOf({ containerId }: Pod) {
  return { containerID: containerId, ifname: 'net1' };
}
