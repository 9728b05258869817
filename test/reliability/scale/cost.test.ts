import { beforeAll, expect, test } from 'vitest';
import { normalized } from '../../helpers/costs.ts';
import { linkNames } from '../../helpers/links.ts';
import { createManyPorts, type ManyPorts, PORT_COUNT, portOf } from '../../helpers/many-ports.ts';
import { createNetns, fileCleanup, ip, type Netns } from '../../helpers/netns.ts';
import { add, createPod, networkConf, staticIpam } from '../../helpers/pod.ts';
import { watch } from '../../helpers/watched-plugin.ts';

const BRIDGE = 'plain0';
const ipam = staticIpam(['10.20.1.11/24']);
const cleanup = fileCleanup();
let empty: Netns;
let crowded: Netns;
let manyPorts: ManyPorts;

beforeAll(async () => {
  [empty, crowded] = await Promise.all([createNetns('node', cleanup), createNetns('node', cleanup)]);
  for (const node of [empty, crowded]) await ip(node, `link add ${BRIDGE} up type bridge`);
  manyPorts = await createManyPorts(crowded, BRIDGE, cleanup);
});

test.each([
  ['an address', {}],
  ['a gateway that is there already', { isGateway: true }],
  [
    'a gateway that is there already, and all else that a port can have',
    { isGateway: true, isDefaultGateway: true, hairpinMode: true, portIsolation: true, mtu: 1400 },
  ],
])(
  `ADD, CHECK, STATUS and DEL of a pod with %s ask the kernel for the same beside ${PORT_COUNT} ports as beside none, and get no more`,
  async (_case, keys) => {
    const conf = networkConf({ cniVersion: '1.1.0', bridge: BRIDGE, ipam, ...keys });
    const [alone, beside] = [await costs(empty, conf), await costs(crowded, conf)];
    expect(alone.ADD.requests.length).toBeGreaterThan(10);
    expect(alone.ADD.received.length).toBe(alone.ADD.requests.length);
    expect(Math.min(...alone.ADD.received)).toBeGreaterThan(0);
    expect(beside).toEqual(alone);
  },
);

test(`GC lists ${PORT_COUNT} ports once, and makes one request for each that it deletes`, async () => {
  const dead = manyPorts.containerIds.slice(0, 5);
  const valid = manyPorts.containerIds.slice(5).map((containerID) => ({ containerID, ifname: 'net1' }));
  const pod = await createPod(crowded);
  const conf = networkConf({ cniVersion: '1.1.0', bridge: BRIDGE, 'cni.dev/valid-attachments': valid });
  const { requests, roundTrips } = await watch('GC', pod, conf);
  const [first, ...others] = requests;
  expect(first).toBe('list veth links');
  expect([...others].sort()).toEqual(dead.map((id) => `delete link "${portOf(id)}"`).sort());
  expect(roundTrips).toBe(requests.length);
  expect(await linkNames(crowded)).toHaveLength(PORT_COUNT + 1 - dead.length);
});

/** What each verb asks of the kernel about a new pod, and how many bytes it gets for each; a pod that came before it is gone. */
async function costs(node: Netns, conf: object) {
  const first = await createPod(node);
  await add(first, conf);
  await watch('DEL', first, conf);
  const pod = await createPod(node);
  const one = async (verb: string, config: object) => {
    const { requests, received, stdout } = await watch(verb, pod, config);
    return { stdout, cost: { requests: normalized(requests, pod), received } };
  };
  const added = await one('ADD', conf);
  const checked = await one('CHECK', { ...conf, prevResult: JSON.parse(added.stdout) });
  const asked = await one('STATUS', conf);
  const deleted = await one('DEL', conf);
  return { ADD: added.cost, CHECK: checked.cost, STATUS: asked.cost, DEL: deleted.cost };
}
