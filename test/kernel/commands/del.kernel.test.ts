import { beforeEach, describe, expect, test } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { linkNames, showLink } from '../../helpers/links.ts';
import { createNetns, deleteNetns, exec, ip, type Netns } from '../../helpers/netns.ts';
import { add, createPod, del, networkConf, type Pod, refusal, staticIpam } from '../../helpers/pod.ts';
import { pings } from '../../helpers/traffic.ts';

const conf = networkConf({ ipam: staticIpam(['10.20.1.11/24', 'fd00:20::11/64']) });
let node: Netns;

beforeEach(async () => {
  node = await createNetns('node');
  await ip(node, 'link add vlanbr0 address 02:00:00:00:00:99 type bridge');
});

test('DEL restores the node to its state before ADD, and removes the link from the pod', async () => {
  const pod = await createPod(node);
  await ip(node, 'link set vlanbr0 up');
  const before = await kernelState(node);
  await add(pod, conf);
  await del(pod, conf);
  expect(await kernelState(node)).toEqual(before);
  expect(await linkNames(pod.netns)).toEqual([]);
});

describe('DEL removes the attachment', () => {
  const { cniVersion, name, type } = conf;
  test.each([
    ['without CNI_NETNS and CNI_PATH', conf, { env: { CNI_NETNS: undefined, CNI_PATH: undefined } }],
    ['with an empty CNI_NETNS', conf, { netns: '' }],
    ['with a CNI_NETNS that is not a network namespace', conf, { netns: '/etc/hostname' }],
    ['with a CNI_NETNS that does not exist', conf, { netns: '/run/netns/none' }],
    ['with only cniVersion, name and type', { cniVersion, name, type }, {}],
    ['without a cniVersion', { name, type }, {}],
    ['with malformed CNI_ARGS', conf, { args: ';;IP=;x' }],
    ['with a vlan out of range, on another bridge', { ...conf, vlan: 9999, bridge: 'other0' }, {}],
    ['with keys that ADD refuses', { ...conf, vlan: 'blue', ipMasq: 7, mtu: -1 }, {}],
  ])('%s', async (_case, config, more) => {
    const pod = await createPod(node);
    await add(pod, conf);
    await del(pod, config, more);
    expect(await linkNames(node)).toEqual(['vlanbr0']);
    expect(await linkNames(pod.netns)).toEqual([]);
  });
});

test('DEL succeeds when it is repeated', async () => {
  const pod = await createPod(node);
  await add(pod, conf);
  await del(pod, conf);
  await del(pod, conf);
  expect(await linkNames(node)).toEqual(['vlanbr0']);
});

test('DEL succeeds for a pod that was never added, on a node without the bridge', async () => {
  const pod = await createPod(node);
  await del(pod, { ...conf, bridge: 'none0' });
  expect(await linkNames(node)).toEqual(['vlanbr0']);
});

test.each([
  ['the pod has deleted its link', ({ netns }: Pod) => ip(netns, 'link del net1')],
  ['the network namespace was deleted', ({ netns }: Pod) => deleteNetns(netns)],
])('DEL succeeds after %s', async (_case, happen) => {
  const pod = await createPod(node);
  await add(pod, conf);
  await happen(pod);
  await del(pod, conf);
  expect(await linkNames(node)).toEqual(['vlanbr0']);
});

test('DEL removes a link that the pod has renamed', async () => {
  const pod = await createPod(node);
  await add(pod, conf);
  await ip(pod.netns, 'link set net1 down', 'link set net1 name eth9');
  await del(pod, conf);
  expect(await linkNames(pod.netns)).toEqual([]);
});

test('DEL removes only its own attachment', async () => {
  const pods = await Promise.all([createPod(node), createPod(node)]);
  const [pod, other] = pods;
  const second = networkConf({ ipam: staticIpam(['10.20.1.12/24']) });
  const red = networkConf({ name: 'red', ipam: staticIpam(['10.20.3.11/24']) });
  await Promise.all([add(pod, conf), add(other, second), add(pod, red, { ifname: 'net2' })]);
  // The same container and interface on another network, the same network on another interface, and another container.
  await del(pod, { ...red });
  await del(pod, conf, { ifname: 'net2' });
  await del({ ...other, containerId: 'stranger' }, second);
  expect(await linkNames(pod.netns)).toEqual(['net1', 'net2']);
  await del(pod, conf);
  expect(await linkNames(pod.netns)).toEqual(['net2']);
  expect(await linkNames(other.netns)).toEqual(['net1']);
});

describe('a foreign link', () => {
  test.each([
    ['a bridge', (name: string) => [`link add ${name} type bridge`]],
    [
      'a veth with another alias',
      (name: string) => [`link add ${name} type veth peer name peer0`, `link set ${name} alias theirs`],
    ],
    ['a veth without an alias', (name: string) => [`link add ${name} type veth peer name peer0`]],
  ])('under the name of the host end survives DEL and is what ADD refuses: %s', async (_case, lines) => {
    const pod = await createPod(node);
    const { interfaces } = await add(pod, conf);
    const { name } = interfaces[1];
    await del(pod, conf);
    await ip(node, ...lines(name));
    const before = await Promise.all([kernelState(node), kernelState(pod.netns)]);
    await del(pod, conf);
    expect(await refusal('ADD', pod, conf)).toEqual({
      cniVersion: '1.0.0',
      code: 102,
      msg: `host link "${name}" already exists; another program created it: delete or rename it`,
    });
    expect(await Promise.all([kernelState(node), kernelState(pod.netns)])).toEqual(before);
  });

  test('with the name of CNI_IFNAME survives DEL, and ADD refuses it', async () => {
    const pod = await createPod(node);
    await ip(pod.netns, 'link add net1 type veth peer name peer0', 'address add 10.20.1.11/24 dev net1');
    const before = await Promise.all([kernelState(node), kernelState(pod.netns)]);
    await del(pod, conf);
    expect(await refusal('ADD', pod, conf)).toEqual({
      cniVersion: '1.0.0',
      code: 102,
      msg: `CNI_IFNAME "net1" already exists in network namespace "${pod.netns.path}"`,
    });
    expect(await Promise.all([kernelState(node), kernelState(pod.netns)])).toEqual(before);
  });
});

test('a second ADD fails and does not change the first attachment', async () => {
  const pods = await Promise.all([createPod(node), createPod(node)]);
  const [pod, peer] = pods;
  await Promise.all([
    add(pod, conf),
    add(peer, networkConf({ ipam: staticIpam(['10.20.1.12/24', 'fd00:20::12/64']) })),
  ]);
  const before = await Promise.all([kernelState(node), kernelState(pod.netns)]);
  expect(await refusal('ADD', pod, conf)).toMatchObject({ code: 102 });
  expect(await Promise.all([kernelState(node), kernelState(pod.netns)])).toEqual(before);
  expect(await pings(peer.netns, '10.20.1.11')).toBe(true);
});

test('a second ADD with another network namespace fails and names the remedy', async () => {
  const pods = await Promise.all([createPod(node), createPod(node)]);
  const [pod, fresh] = pods;
  const { interfaces } = await add(pod, conf);
  const { name } = interfaces[1];
  const again = { ...pod, netns: fresh.netns };
  expect(await refusal('ADD', again, conf)).toMatchObject({
    code: 102,
    msg: `host link "${name}" already exists; DEL of this attachment removes it`,
  });
  await del(again, conf);
  await add(again, conf);
  expect(await showLink(fresh.netns, 'net1')).toMatchObject({ flags: expect.arrayContaining(['UP']) });
  expect(await exec(pod.netns, 'ip', ['-br', 'link', 'show', 'type', 'veth'])).toBe('');
});
