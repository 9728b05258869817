import { beforeAll, expect, test } from 'vitest';
import { createNetns, exec, fileCleanup, type Netns } from '../../helpers/netns.ts';
import { add, createPod, networkConf, refusal } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';

requireVlanFiltering();
const cleanup = fileCleanup();
let node: Netns;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
});

/** The objects that a row damages: its own bridge, the host end, the path of the pod's network namespace. */
type Names = { readonly bridge: string; readonly host: string; readonly pod: string };
type Row = readonly [
  finding: string,
  commands: (names: Names) => readonly string[],
  expected: (names: Names) => string,
];

const onNode: Row[] = [
  [
    'a VLAN that was added to the port',
    ({ host }) => [`bridge vlan add dev ${host} vid 300`],
    ({ host }) =>
      `port "${host}" is on VLAN 100 pvid untagged, 200-210, 300, not on 100 pvid untagged, 200-210`,
  ],
  [
    'a VLAN that was removed from the port',
    ({ host }) => [`bridge vlan del dev ${host} vid 205`],
    ({ host }) =>
      `port "${host}" is on VLAN 100 pvid untagged, 200-204, 206-210, not on 100 pvid untagged, 200-210`,
  ],
  [
    'another PVID',
    ({ host }) => [`bridge vlan add dev ${host} vid 210 pvid untagged`],
    ({ host }) =>
      `port "${host}" is on VLAN 100 untagged, 200-209, 210 pvid untagged, not on 100 pvid untagged, 200-210`,
  ],
  [
    'a port without VLANs',
    ({ host }) => [`bridge vlan del dev ${host} vid 1-4094`],
    ({ host }) => `port "${host}" is on VLAN none, not on 100 pvid untagged, 200-210`,
  ],
  [
    'VLAN filtering disabled',
    ({ bridge }) => [`ip link set ${bridge} type bridge vlan_filtering 0`],
    ({ bridge }) => `bridge "${bridge}" does not filter VLANs`,
  ],
  [
    'a port that is down',
    ({ host }) => [`ip link set ${host} down`],
    ({ host }) => `host link "${host}" is down`,
  ],
  [
    'a bridge that is down',
    ({ bridge }) => [`ip link set ${bridge} down`],
    ({ bridge }) => `bridge "${bridge}" is down`,
  ],
  [
    'a port that was moved to another bridge',
    ({ host }) => ['ip link add else0 up type bridge vlan_filtering 1', `ip link set ${host} master else0`],
    ({ host, bridge }) => `host link "${host}" is not a port of bridge "${bridge}"`,
  ],
  [
    'a port that was taken out of the bridge',
    ({ host }) => [`ip link set ${host} nomaster`],
    ({ host, bridge }) => `host link "${host}" is not a port of bridge "${bridge}"`,
  ],
  [
    'another MTU',
    ({ host }) => [`ip link set ${host} mtu 1300`],
    ({ host }) => `host link "${host}" has MTU 1300, not 1400`,
  ],
  [
    'a bridge that was deleted',
    ({ bridge }) => [`ip link del ${bridge}`],
    ({ bridge }) => `bridge "${bridge}" does not exist`,
  ],
  [
    'a foreign link with the name of the host end',
    ({ host }) => [`ip link set ${host} alias theirs`],
    ({ host }) => `host link "${host}" is not of this attachment`,
  ],
];

const inPod: Row[] = [
  [
    'a link that was deleted',
    () => ['ip link del net1'],
    ({ host, pod }) =>
      `host link "${host}" does not exist; link "net1" does not exist in network namespace "${pod}"`,
  ],
  [
    'an address that was removed',
    () => ['ip address del fd00:20::11/64 dev net1'],
    () => 'link "net1" does not have the address "fd00:20::11/64"',
  ],
  [
    'an address with another prefix length',
    () => ['ip address del fd00:20::11/64 dev net1', 'ip address add fd00:20::11/80 dev net1'],
    () => 'link "net1" does not have the address "fd00:20::11/64"',
  ],
  [
    'a route that was removed',
    () => ['ip route del 10.9.0.0/16'],
    () => 'there is no route to "10.9.0.0/16"',
  ],
  [
    'a route that was removed from its table',
    () => ['ip route del 10.8.0.0/16 table 100'],
    () => 'there is no route to "10.8.0.0/16" in table 100',
  ],
  [
    'another gateway',
    () => ['ip route replace 10.9.0.0/16 via 10.20.1.2'],
    () => 'the route to "10.9.0.0/16" goes by 10.20.1.2, not by 10.20.1.1',
  ],
  [
    'another default gateway',
    () => ['ip route replace default via 10.20.1.2'],
    () => 'the route to "0.0.0.0/0" goes by 10.20.1.2, not by 10.20.1.1',
  ],
  [
    'another link-layer address',
    () => ['ip link set net1 address 02:00:00:00:00:42'],
    () => 'link "net1" has the address 02:00:00:00:00:42, not 02:00:00:00:00:0a',
  ],
  [
    'another link with the name of the container end',
    () => [
      'ip link set net1 down',
      'ip link set net1 name old0',
      'ip link add net1 address 02:00:00:00:00:0a up type veth peer name peer0',
      'ip address add 10.20.1.11/24 dev net1',
      'ip address add fd00:20::11/64 dev net1',
      'ip route add default via 10.20.1.1',
      'ip route add 10.9.0.0/16 via 10.20.1.1',
      'ip route add 10.8.0.0/16 via 10.20.1.1 table 100',
    ],
    ({ host, pod }) =>
      `link "net1" in network namespace "${pod}" is not the other end of host link "${host}"`,
  ],
];

const attachment = {
  vlan: 100,
  vlanTrunk: [{ minID: 200, maxID: 210 }],
  mac: '02:00:00:00:00:0a',
  mtu: 1400,
  ipam: {
    type: 'static',
    addresses: [{ address: '10.20.1.11/24' }, { address: 'fd00:20::11/64' }],
    routes: [
      { dst: '0.0.0.0/0', gw: '10.20.1.1' },
      { dst: '10.9.0.0/16', gw: '10.20.1.1' },
      { dst: '10.8.0.0/16', gw: '10.20.1.1', table: 100 },
    ],
  },
};

test('CHECK finds VLAN filtering enabled on the bridge of a pod without VLANs', async () => {
  const pod = await createPod(node);
  const conf = networkConf({ bridge: 'flat0' });
  const prevResult = await add(pod, conf);
  await exec(node, 'ip', ['link', 'set', 'flat0', 'type', 'bridge', 'vlan_filtering', '1']);
  expect(await refusal('CHECK', pod, { ...conf, prevResult })).toMatchObject({
    code: 103,
    msg: `bridge "flat0" filters VLANs, and the configuration puts port "${prevResult.interfaces[1].name}" on none`,
  });
});

test.each(onNode)('CHECK finds, on the node, %s', (...row) => expectFinding(row, 'node'));
test.each(inPod)('CHECK finds, in the pod, %s', (...row) => expectFinding(row, 'pod'));

async function expectFinding([finding, commands, expected]: Row, place: 'node' | 'pod'): Promise<void> {
  const pod = await createPod(node);
  const rows = [...onNode, ...inPod];
  const bridge = `spoilt${rows.findIndex(([name]) => name === finding)}`;
  const conf = networkConf({ bridge, ...attachment });
  const prevResult = await add(pod, conf);
  const names = { bridge, host: prevResult.interfaces[1].name, pod: pod.netns.path };
  for (const line of commands(names)) {
    const [command = '', ...args] = line.split(' ');
    await exec(place === 'node' ? node : pod.netns, command, args);
  }
  expect(await refusal('CHECK', pod, { ...conf, prevResult })).toEqual({
    cniVersion: '1.0.0',
    code: 103,
    msg: expected(names),
  });
}
