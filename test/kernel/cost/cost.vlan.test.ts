import { beforeAll, expect, test } from 'vitest';
import { createCostTestbed, expectCosts, normalized, type Testbed } from '../../helpers/costs.ts';
import { createNetns, fileCleanup } from '../../helpers/netns.ts';
import { add, createPod, networkConf, staticIpam } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { watch } from '../../helpers/watched-plugin.ts';

requireVlanFiltering();

const cleanup = fileCleanup();
const ipam = staticIpam(['10.20.1.11/24']);
const access = networkConf({ vlan: 100, ipam });
const trunk = networkConf({ vlanTrunk: [{ minID: 1, maxID: 4094 }], ipam });
let testbed: Testbed;

beforeAll(async () => {
  const node = await createNetns('node', cleanup);
  const pod = await createPod(node, cleanup);
  await add(pod, access);
  testbed = await createCostTestbed(node, pod);
});

test.each([
  ['an access port', access, '100 pvid untagged'],
  ['a trunk of all VLANs', trunk, '1-4094'],
])(
  '%s makes only the listed round trips, opens only the listed files and starts no process',
  (_what, conf, vlans) => expectCosts(testbed, conf, vlans),
);

test('a trunk of all VLANs needs three requests: create the port, add its VLANs, read them back', async () => {
  const pod = await createPod(testbed.node);
  const { requests } = await watch('ADD', pod, trunk);
  expect(normalized(requests, pod).filter((step) => /veth pair|VLAN/.test(step))).toEqual([
    'create veth pair "PORT" and "net1"',
    'add VLAN 1-4094 to port "PORT"',
    'list VLANs of port "PORT"',
  ]);
});
