import { beforeEach, expect, test } from 'vitest';
import { allVlans, linkNames, showLink } from '../../helpers/links.ts';
import { createNetns, ip, type Netns } from '../../helpers/netns.ts';
import { add, call, createPod, del, networkConf, staticIpam } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';

requireVlanFiltering();
const COUNT = 20;
/** Concurrent calls slow each other down in a guest without hardware virtualization. */
const patience = { timeoutMs: 240_000 };
/** ADD fails at its last step: the kernel refuses a route whose gateway is on no subnet of the pod. */
const unreachable = { routes: [{ dst: '10.99.0.0/16', gw: '172.16.0.1' }] };
const failing = networkConf({ vlan: 100, ipam: staticIpam(['10.20.1.11/24'], unreachable) });
let node: Netns;

beforeEach(async () => {
  node = await createNetns('node');
});

test('attaches twenty pods at once on a node without the bridge, then detaches them at once', {
  timeout: 500_000,
}, async () => {
  const pods = await createPods(COUNT);
  const conf = networkConf({ vlan: 100 });
  const results = await Promise.all(pods.map((pod) => add(pod, conf, patience)));

  const hosts = results.map(({ interfaces }) => interfaces[1].name);
  expect((await linkNames(node)).toSorted()).toEqual([...hosts, 'vlanbr0'].toSorted());
  const { address, linkinfo } = await showLink(node, 'vlanbr0');
  expect(results.map(({ interfaces }) => interfaces[0].mac)).toEqual(results.map(() => address));
  expect(linkinfo?.info_data).toMatchObject({ vlan_filtering: 1, vlan_default_pvid: 0 });
  const own = hosts.map((name) => [name, ['100 PVID Egress Untagged']]);
  expect(await allVlans(node)).toEqual(Object.fromEntries(own));

  await Promise.all(pods.map((pod) => del(pod, conf, patience)));
  expect(await linkNames(node)).toEqual(['vlanbr0']);
  expect(await Promise.all(pods.map(({ netns }) => linkNames(netns)))).toEqual(pods.map(() => []));
});

test.each([
  ['that does not exist yet', []],
  ['that has to be set up', ['link add vlanbr0 address 02:00:00:00:00:99 type bridge vlan_filtering 1']],
])('failing ADDs do not remove a bridge %s from ADDs that succeed at the same time', async (_case, lines) => {
  await ip(node, ...lines);
  const pods = await createPods(6);
  const working = networkConf({ vlan: 100 });
  const outputs = await Promise.all(
    pods.map((pod, index) => call('ADD', pod, index % 2 === 0 ? failing : working)),
  );
  expect(outputs.map(({ exitCode }) => exitCode)).toEqual([1, 0, 1, 0, 1, 0]);
  expect((await linkNames(node)).filter((name) => name !== 'vlanbr0')).toHaveLength(3);
  expect(await showLink(node, 'vlanbr0')).toMatchObject({ flags: expect.arrayContaining(['UP']) });
});

test('leaves no port when concurrent ADDs all fail', async () => {
  const pods = await createPods(4);
  const outputs = await Promise.all(pods.map((pod) => call('ADD', pod, failing)));
  expect(outputs.map(({ exitCode, json }) => [exitCode, json])).toEqual(
    outputs.map(() => [1, expect.objectContaining({ code: 100 })]),
  );
  expect((await linkNames(node)).filter((name) => name !== 'vlanbr0')).toEqual([]);
  expect(await Promise.all(pods.map(({ netns }) => linkNames(netns)))).toEqual(pods.map(() => []));
});

async function createPods(count: number) {
  return await Promise.all(Array.from({ length: count }, () => createPod(node)));
}
