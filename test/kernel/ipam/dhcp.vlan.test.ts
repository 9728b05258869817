import { beforeAll, expect, test } from 'vitest';
import type { Background } from '../../helpers/background.ts';
import { type KernelState, kernelState } from '../../helpers/kernel-state.ts';
import { linkAddresses, linkNames } from '../../helpers/links.ts';
import { createNetns, deleteNetns, exec, fileCleanup, ip, type Netns } from '../../helpers/netns.ts';
import {
  type AddResult,
  add,
  check,
  createPod,
  del,
  type Failure,
  networkConf,
  type Pod,
  refusal,
} from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { pings } from '../../helpers/traffic.ts';
import { type DhcpServer, startDhcpDaemon, startDhcpServer } from './dhcp.ts';

requireVlanFiltering();

const cleanup = fileCleanup();
const debian = { path: '/usr/lib/cni' };

let node: Netns;
let daemon: Background;
let before: KernelState;
let servers: readonly [blue: DhcpServer, green: DhcpServer];
let pods: readonly [blue: Pod, green: Pod, nobodys: Pod];
let results: readonly [blue: AddResult, green: AddResult];
/** The error of ADD on a VLAN without a DHCP server. */
let failure: Failure;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
  const bridge = 'type bridge vlan_filtering 1 vlan_default_pvid 0';
  await ip(node, `link add vlanbr0 address 02:00:00:00:00:99 up ${bridge}`);
  daemon = await startDhcpDaemon(node, cleanup);
  servers = [await serverOn(100, '10.20.1'), await serverOn(200, '10.20.2')];
  before = await kernelState(node);
  pods = [await createPod(node, cleanup), await createPod(node, cleanup), await createPod(node, cleanup)];
  const [blue, green, nobodys] = pods;
  const adds = [add(blue, onVlan(100), debian), add(green, onVlan(200), debian)] as const;
  const refused = refusal('ADD', nobodys, onVlan(300), debian);
  results = await Promise.all(adds);
  failure = await refused;
}, 240_000);

function onVlan(vlan: number) {
  return networkConf({ vlan, ipam: { type: 'dhcp' } });
}

/** A machine on a VLAN with a DHCP server: .1 of the subnet, with .50 as its only address. */
async function serverOn(vlan: number, subnet: string): Promise<DhcpServer> {
  const machine = await createNetns('server', cleanup);
  const port = `to${vlan}`;
  await ip(node, `link add ${port} up master vlanbr0 type veth peer name eth0 netns ${machine.name}`);
  await exec(node, 'bridge', ['vlan', 'add', 'vid', `${vlan}`, 'dev', port, 'pvid', 'untagged']);
  await ip(machine, `address add ${subnet}.1/24 dev eth0`, 'link set eth0 up');
  return startDhcpServer(machine, { server: `${subnet}.1`, only: `${subnet}.50` }, cleanup);
}

test.each([
  [100, '10.20.1', 0],
  [200, '10.20.2', 1],
] as const)('the pod on VLAN %i has a lease of the server there', async (vlan, subnet, index) => {
  const { netns } = pods[index];
  const { ips, routes } = results[index];
  expect(ips).toEqual([{ address: `${subnet}.50/24`, gateway: `${subnet}.1`, interface: 2 }]);
  expect(routes).toEqual([{ dst: '0.0.0.0/0', gw: `${subnet}.1` }]);
  expect(await linkAddresses(netns, 'net1')).toEqual([`${subnet}.50/24`]);
  expect(await pings(netns, `${subnet}.1`)).toBe(true);
  await check(pods[index], onVlan(vlan), results[index], debian);
});

test('ADD fails when no server answers, and leaves nothing', async () => {
  expect(failure).toMatchObject({ code: 999, msg: expect.stringMatching(/no more tries/) });
  expect(await linkNames(pods[2].netns)).toEqual([]);
});

test('sends no request before the link is up', () => {
  expect(daemon.printed()).toMatch(/lease acquired/);
  expect(daemon.printed()).not.toMatch(/network is down|Attempting to set up/);
});

test('DEL releases the lease for the next pod', async () => {
  const [blue] = servers;
  expect(await blue.lease()).toMatch(/ 10\.20\.1\.50 .* 00:0\d:\d\d$/);
  await del(pods[0], onVlan(100), debian);
  expect(await blue.lease()).toMatch(/ 10\.20\.1\.50 .* expired$/);
  const next = await createPod(node);
  const { ips } = await add(next, onVlan(100), debian);
  expect(ips).toEqual([{ address: '10.20.1.50/24', gateway: '10.20.1.1', interface: 2 }]);
  await del(next, onVlan(100), debian);
});

test('DEL succeeds after the pod and its link are deleted, and leaves nothing on the node', async () => {
  await deleteNetns(pods[1].netns);
  await del(pods[1], onVlan(200), debian);
  expect(await kernelState(node)).toEqual(before);
});
