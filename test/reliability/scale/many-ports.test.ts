import { beforeAll, expect, test } from 'vitest';
import { startBackground } from '../../helpers/background.ts';
import { linkNames } from '../../helpers/links.ts';
import { createManyPorts, type ManyPorts, PORT_COUNT, portOf } from '../../helpers/many-ports.ts';
import { fileCleanup, ip, type Netns } from '../../helpers/netns.ts';
import {
  add,
  call,
  callOfNetwork,
  check,
  createPod,
  del,
  networkConf,
  staticIpam,
} from '../../helpers/pod.ts';
import { killAt } from '../../helpers/strace.ts';
import { pings } from '../../helpers/traffic.ts';
import { createNode, marks } from '../../helpers/trunk.ts';

const BRIDGE = 'plain0';
const DEAD = 100;
const STORMS = ['storm1', 'storm2', 'storm3'];
const cleanup = fileCleanup();
let node: Netns;
let manyPorts: ManyPorts;

beforeAll(async () => {
  node = await createNode(cleanup);
  await ip(node, `link add ${BRIDGE} up type bridge`);
  manyPorts = await createManyPorts(node, BRIDGE, cleanup);
});

test(`pods beside ${PORT_COUNT} others are attached, reach each other, are checked and detached, and nobody else is touched`, async () => {
  const before = await linkNames(node);
  expect(before).toHaveLength(PORT_COUNT + 1);
  const pods = await Promise.all([createPod(node), createPod(node)]);
  const [first, second] = pods;
  const results = await Promise.all(pods.map((pod, index) => add(pod, confOf(index))));
  const ports = results.map(({ interfaces }) => interfaces[1].name);
  expect(await linkNames(node)).toEqual([...before, ...ports].sort());
  await Promise.all(pods.map((pod, index) => check(pod, confOf(index), results[index] ?? {})));
  expect(await pings(first.netns, '10.20.1.12')).toBe(true);
  await callOfNetwork('STATUS', node, confOf(0));
  await del(first, confOf(0));
  expect(await linkNames(node)).toEqual([...before, ports[1]].sort());
  await check(second, confOf(1), results[1] ?? {});
  await del(second, confOf(1));
  expect(await linkNames(node)).toEqual(before);
});

test(`what a killed ADD leaves between ${PORT_COUNT} ports is swept by the next call, and nothing else is`, async () => {
  const before = await linkNames(node);
  const [victim, next] = await Promise.all([createPod(node), createPod(node)]);
  const killed = await killAt({ name: 'sendto', nth: 8 }, (by) => call('ADD', victim, confOf(0), { by }));
  expect(killed).toMatchObject({ output: { stdout: '' }, wasKilled: true });
  expect(await linkNames(node)).toHaveLength(before.length + 1);
  expect(marks(node)).toHaveLength(1);
  const { interfaces } = await add(next, confOf(1));
  expect(await linkNames(node)).toEqual([...before, interfaces[1].name].sort());
  expect(marks(node)).toEqual([]);
  await del(next, confOf(1));
});

test(`GC reads the list of ${PORT_COUNT} ports while other links come and go all the time`, async () => {
  const before = await linkNames(node);
  const storm = (name: string): string =>
    `while :; do ip link add ${name} type veth peer name ${name}p; ip link del ${name}; done`;
  const ends: (() => Promise<void>)[] = [];
  for (const name of STORMS) startBackground(node, ['sh', '-c', storm(name)], (fn) => ends.push(fn));
  const valid = manyPorts.containerIds.map((containerID) => ({ containerID, ifname: 'net1' }));
  const keys = { 'cni.dev/valid-attachments': valid };
  for (let round = 0; round < 3; round += 1) await callOfNetwork('GC', node, { ...confOf(0), ...keys });
  for (const end of ends) await end();
  // Each may have been ended between its two steps.
  const left = (await linkNames(node)).filter((name) => STORMS.includes(name));
  await ip(node, ...left.map((name) => `link del ${name}`));
  expect(await linkNames(node)).toEqual(before);
});

test(`GC with a list of ${PORT_COUNT - DEAD} attachments removes the ${DEAD} that are not in it, while pods come and go`, async () => {
  const dead = manyPorts.containerIds.filter((_id, index) => index % (PORT_COUNT / DEAD) === 3);
  const alive = manyPorts.containerIds.filter((id) => !dead.includes(id));
  const pods = await Promise.all(Array.from({ length: 12 }, () => createPod(node)));
  const valid = [...alive, ...pods.map(({ containerId }) => containerId)];
  const keys = {
    'cni.dev/valid-attachments': valid.map((containerID) => ({ containerID, ifname: 'net1' })),
  };
  const coming = pods.map(async (pod, index) => {
    await add(pod, confOf(index));
    await del(pod, confOf(index));
    return await add(pod, confOf(index));
  });
  for (let round = 0; round < 4; round += 1) await callOfNetwork('GC', node, { ...confOf(0), ...keys });
  const results = await Promise.all(coming);
  const ports = results.map(({ interfaces }) => interfaces[1].name);
  expect(await linkNames(node)).toEqual([...alive.map(portOf), ...ports, BRIDGE].sort());
});

function confOf(index: number) {
  const ipam = staticIpam([`10.20.1.${11 + index}/24`]);
  return networkConf({ cniVersion: '1.1.0', bridge: BRIDGE, ipam });
}
