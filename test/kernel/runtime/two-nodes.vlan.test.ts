import { beforeAll, expect, test } from 'vitest';
import { allVlans, portVlans } from '../../helpers/links.ts';
import { createNetns, exec, fileCleanup, ip, type Netns } from '../../helpers/netns.ts';
import { add, createPod, networkConf, type Pod, staticIpam } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { capture, pings, resolves } from '../../helpers/traffic.ts';

requireVlanFiltering();
const cleanup = fileCleanup();

/** A machine on VLAN 2001 or 2002, and its link there. */
type Station = { readonly netns: Netns; readonly ifname: string; readonly vid: number; readonly ip: string };

let nodeA: Netns;
let ports: Record<'1a' | '1b' | '1c' | '2', string>;
let stations: readonly Station[];

beforeAll(async () => {
  nodeA = await createNode();
  const nodeB = await createNode();
  const outside = await createOutside([nodeA, nodeB]);
  const pods = {
    '1a': await createPod(nodeA, cleanup),
    '2': await createPod(nodeA, cleanup),
    '1b': await createPod(nodeB, cleanup),
    '1c': await createPod(nodeB, cleanup),
  };
  const hosts = await Promise.all([
    attach(pods['1a'], 2001, '10.20.1.11'),
    attach(pods['2'], 2002, '10.20.2.11'),
    attach(pods['1b'], 2001, '10.20.1.12'),
    attach(pods['1c'], 2001, '10.20.1.13'),
  ]);
  const [a = '', two = '', b = '', c = ''] = hosts;
  ports = { '1a': a, '2': two, '1b': b, '1c': c };
  await Promise.all([nodeA, nodeB].map(joinTrunk));
  const ifname = 'net1';
  stations = [
    { netns: pods['1a'].netns, ifname, vid: 2001, ip: '10.20.1.11' },
    { netns: pods['1b'].netns, ifname, vid: 2001, ip: '10.20.1.12' },
    { netns: pods['1c'].netns, ifname, vid: 2001, ip: '10.20.1.13' },
    { netns: outside, ifname: 'vlan2001', vid: 2001, ip: '10.20.1.1' },
    { netns: pods['2'].netns, ifname, vid: 2002, ip: '10.20.2.11' },
    { netns: outside, ifname: 'vlan2002', vid: 2002, ip: '10.20.2.1' },
  ];
});

test('every machine reaches the others on its VLAN: in its node, across nodes and outside', async () => {
  const pairs = pairsOf((from, to) => from.vid === to.vid);
  expect(pairs).toHaveLength(14);
  const answers = await Promise.all(pairs.map(([from, to]) => pings(from.netns, to.ip)));
  expect(answers).toEqual(pairs.map(() => true));
});

test('no machine reaches a machine on the other VLAN, not even on the link layer', async () => {
  // The machine outside is on both VLANs and answers on each for both of its addresses.
  const outside = ['10.20.1.1', '10.20.2.1'];
  const pairs = pairsOf((from, to) => from.vid !== to.vid).filter(([, { ip }]) => !outside.includes(ip));
  expect(pairs).toHaveLength(10);
  const answers = await Promise.all(pairs.map(([from, to]) => resolves(from.netns, from.ifname, to.ip)));
  expect(answers).toEqual(pairs.map(() => false));
  const inside = stations
    .slice(0, 4)
    .flatMap((from) => stations.slice(1, 3).map((to) => [from, to] as const));
  const others = inside.filter(([from, to]) => from !== to);
  const control = await Promise.all(others.map(([from, to]) => resolves(from.netns, from.ifname, to.ip)));
  expect(control).toEqual(others.map(() => true));
});

test('frames have the tag of their VLAN on the trunk', async () => {
  const [pod, , , , other] = stations;
  const trunk = await capture(nodeA, 'trunk0', 'icmp or (vlan and icmp)');
  await exec(station(pod).netns, 'ping', ['-c', '1', '10.20.1.1']);
  await exec(station(other).netns, 'ping', ['-c', '1', '10.20.2.1']);
  const lines = await trunk.until(/10\.20\.2\.1 > 10\.20\.2\.11: ICMP echo reply/);
  const tagged = lines.flatMap((line) => {
    const [, vid, packet] =
      /ethertype 802\.1Q \(0x8100\).* vlan (\d+), .* (\S+ > \S+: ICMP echo \w+)/.exec(line) ?? [];
    return vid === undefined ? [] : [`${vid} ${packet}`];
  });
  expect(tagged).toEqual([
    '2001 10.20.1.11 > 10.20.1.1: ICMP echo request',
    '2001 10.20.1.1 > 10.20.1.11: ICMP echo reply',
    '2002 10.20.2.11 > 10.20.2.1: ICMP echo request',
    '2002 10.20.2.1 > 10.20.2.11: ICMP echo reply',
  ]);
  expect(lines.filter((line) => line.includes('ICMP echo'))).toHaveLength(tagged.length);
});

test('delivers no frame of one VLAN to a pod on the other', async () => {
  const [pod, , , , other] = stations;
  const frames = await capture(station(other).netns, 'net1', 'arp');
  await resolves(station(pod).netns, 'net1', '10.20.1.77');
  await exec(station(stations[5]).netns, 'arping', ['-c', '1', '-I', 'vlan2002', '10.20.2.11']);
  const lines = await frames.until(/tell 10\.20\.2\.1,/);
  expect(lines.filter((line) => line.includes('10.20.1.'))).toEqual([]);
});

test('puts the port of each pod only on the VLAN of its network, and the bridge on none', async () => {
  expect(await allVlans(nodeA)).toEqual({
    trunk0: ['2001-2002'],
    [ports['1a']]: ['2001 PVID Egress Untagged'],
    [ports['2']]: ['2002 PVID Egress Untagged'],
  });
  expect(await portVlans(nodeA, 'vlanbr0')).toEqual([]);
});

async function createNode(): Promise<Netns> {
  return await createNetns('node', cleanup);
}

/** A switch with a trunk to each node, and a machine behind it that is on both VLANs. */
async function createOutside(nodes: readonly Netns[]): Promise<Netns> {
  const network = await createNetns('switch', cleanup);
  const outside = await createNetns('outside', cleanup);
  const trunks = nodes.map((node, index) => [`to${index}`, node.name, 'trunk0'] as const);
  await ip(
    network,
    'link add switch0 up type bridge vlan_filtering 1 vlan_default_pvid 0',
    ...[...trunks, ['to9', outside.name, 'eth0'] as const].flatMap(([port, netns, peer]) => [
      `link add ${port} up master switch0 type veth peer name ${peer} netns ${netns}`,
    ]),
  );
  for (const port of ['to0', 'to1', 'to9']) {
    await exec(network, 'bridge', ['vlan', 'add', 'dev', port, 'vid', '2001-2002']);
  }
  await ip(
    outside,
    'link set eth0 up',
    'link add link eth0 name vlan2001 up type vlan id 2001',
    'link add link eth0 name vlan2002 up type vlan id 2002',
    'address add 10.20.1.1/24 dev vlan2001',
    'address add 10.20.2.1/24 dev vlan2002',
  );
  return outside;
}

async function attach(pod: Pod, vlan: number, address: string): Promise<string> {
  const conf = networkConf({ name: `vlan-${vlan}`, vlan, ipam: staticIpam([`${address}/24`]) });
  const { interfaces } = await add(pod, conf);
  return interfaces[1].name;
}

async function joinTrunk(node: Netns): Promise<void> {
  await ip(node, 'link set trunk0 up master vlanbr0');
  await exec(node, 'bridge', ['vlan', 'add', 'dev', 'trunk0', 'vid', '2001-2002']);
}

function pairsOf(wanted: (from: Station, to: Station) => boolean): (readonly [Station, Station])[] {
  const all = stations.flatMap((from) => stations.map((to) => [from, to] as const));
  return all.filter(([from, to]) => from !== to && wanted(from, to));
}

function station(found: Station | undefined): Station {
  if (found === undefined) throw new Error('no such machine');
  return found;
}
