import { expect, onTestFinished, test } from 'vitest';
import { linkNames, showHostEnd } from '../../helpers/links.ts';
import { ip, ipJson } from '../../helpers/netns.ts';
import { add, createPod, networkConf } from '../../helpers/pod.ts';
import { pings } from '../../helpers/traffic.ts';
import { type Conflist, chainOf } from './chain.ts';
import { createTestbed, nodeState, ours } from './chain-testbed.ts';

const list: Conflist = {
  cniVersion: '0.4.0',
  name: 'blue',
  plugins: [{ type: 'loopback' }, ours('10.20.1.21/24', 'fd00:20:1::21/64'), { type: 'sbr' }],
};

test('ADD, traffic, CHECK and DEL of a list with loopback before and sbr after this plugin work', async () => {
  const { node, outside } = await createTestbed(onTestFinished);
  const pod = await createPod(node);
  const neighbour = await createPod(node);
  await add(neighbour, { ...networkConf(), ...ours('10.20.1.22/24', 'fd00:20:1::22/64') });
  const before = await nodeState(node);
  const chain = chainOf(pod, list);
  const result = await chain.add();
  expect(result.interfaces.map(({ name }) => name)).toEqual([
    'lo',
    'vlanbr0',
    (await showHostEnd(node, pod.netns)).ifname,
    'net1',
  ]);
  expect(result.ips).toMatchObject([
    { version: '4', address: '127.0.0.1/8', interface: 0 },
    { version: '6', address: '::1/128', interface: 0 },
    { version: '4', address: '10.20.1.21/24', gateway: '10.20.1.1', interface: 3 },
    { version: '6', address: 'fd00:20:1::21/64', gateway: 'fd00:20:1::1', interface: 3 },
  ]);
  const rules = await ipJson<{ readonly src: string; readonly table: string }>(pod.netns, 'rule');
  expect(rules).toContainEqual(expect.objectContaining({ src: '10.20.1.21', table: '100' }));
  const routes = await ipJson(pod.netns, 'route', 'show', 'table', '100');
  expect(routes).toContainEqual(expect.objectContaining({ dst: 'default', gateway: '10.20.1.1' }));
  expect(await pings(neighbour.netns, '10.20.1.21')).toBe(true);
  expect(await pings(outside, '10.20.1.21')).toBe(true);
  await chain.check(result);
  await ip(pod.netns, 'route del default table 100');
  await expect(chain.check(result)).rejects.toThrow('there is no route to \\"0.0.0.0/0\\"');
  await chain.del(result);
  expect(await nodeState(node)).toEqual(before);
  expect(await linkNames(pod.netns)).toEqual([]);
  expect((await ipJson(pod.netns, 'rule')).length).toBe(3);
});
