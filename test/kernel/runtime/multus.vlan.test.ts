import { beforeEach, expect, test } from 'vitest';
import { allVlans, linkAddresses, linkNames, showLink } from '../../helpers/links.ts';
import { createNetns, type Netns } from '../../helpers/netns.ts';
import { add, createPod, del, networkConf, staticIpam } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { pings, resolves } from '../../helpers/traffic.ts';

requireVlanFiltering();
let node: Netns;

beforeEach(async () => {
  node = await createNetns('node');
});

test('the calls of Multus give a pod the address of its annotation, and remove its link', async () => {
  const pod = await createPod(node);
  const peer = await createPod(node);
  const containerId = '1c4a7f0e9b3d52861c4a7f0e9b3d52861c4a7f0e9b3d52861c4a7f0e9b3d5286';
  const own = [
    'IgnoreUnknown=true',
    'K8S_POD_NAMESPACE=default',
    'K8S_POD_NAME=pod-1a-6f7c8d9b5-x2x4z',
    `K8S_POD_INFRA_CONTAINER_ID=${containerId}`,
    'K8S_POD_UID=5b0c3ff2-74d5-4b6c-9c5c-0d1b6a7f8e90',
  ];
  const fromRuntime = ['IgnoreUnknown=1', ...own.slice(1)];
  const onEachCall = [...own, ...fromRuntime].join(';');
  const conf = {
    cniVersion: '0.3.1',
    name: 'vlan-2001',
    type: 'vlan-bridge',
    bridge: 'vlanbr0',
    vlan: 2001,
    ipam: { type: 'static' },
  };
  await add(peer, { ...conf, ipam: staticIpam(['10.20.1.12/24']) });

  const args = `${onEachCall};MAC=c2:b0:57:49:47:f1;IP=10.20.1.11/24`;
  const prevResult = await add(pod, conf, { containerId, args });
  expect(await linkAddresses(pod.netns, 'net1')).toEqual(['10.20.1.11/24']);
  expect(await showLink(pod.netns, 'net1')).toMatchObject({ address: 'c2:b0:57:49:47:f1' });
  expect((await allVlans(node))[prevResult.interfaces[1].name]).toEqual(['2001 PVID Egress Untagged']);
  expect(await pings(pod.netns, '10.20.1.12')).toBe(true);

  // Multus removes the keys that it does not know from a list without cniVersion before DEL.
  const stripped = { cniVersion: '1.0.0', ipam: {}, name: 'vlan-2001', type: 'vlan-bridge', prevResult };
  await del(pod, stripped, { containerId, args: onEachCall });
  expect(await linkNames(pod.netns)).toEqual([]);
  expect(await linkNames(node)).toHaveLength(2);
});

test('two networks of one pod are separate', async () => {
  const [pod, onBlue, onRed] = await Promise.all([createPod(node), createPod(node), createPod(node)]);
  const blue = (ip: string) => networkConf({ vlan: 100, ipam: staticIpam([ip]) });
  const red = (ip: string) => networkConf({ name: 'red', vlan: 200, ipam: staticIpam([ip]) });
  await Promise.all([add(onBlue, blue('10.20.1.12/24')), add(onRed, red('10.20.2.12/24'))]);
  // Delegates run one after another.
  const net1 = await add(pod, blue('10.20.1.11/24'));
  const net2 = await add(pod, red('10.20.2.11/24'), { ifname: 'net2' });

  expect(await allVlans(node)).toMatchObject({
    [net1.interfaces[1].name]: ['100 PVID Egress Untagged'],
    [net2.interfaces[1].name]: ['200 PVID Egress Untagged'],
  });
  const answers = await Promise.all([
    pings(pod.netns, '10.20.1.12'),
    pings(pod.netns, '10.20.2.12'),
    resolves(pod.netns, 'net1', '10.20.2.12'),
    resolves(pod.netns, 'net2', '10.20.1.12'),
  ]);
  expect(answers).toEqual([true, true, false, false]);

  await del(pod, red('10.20.2.11/24'), { ifname: 'net2' });
  expect(await linkNames(pod.netns)).toEqual(['net1']);
  expect(await pings(pod.netns, '10.20.1.12')).toBe(true);
});
