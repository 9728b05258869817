import { beforeAll, expect, test } from 'vitest';
import { showHostEnd, showLink } from '../../helpers/links.ts';
import { createNetns, fileCleanup, type Netns } from '../../helpers/netns.ts';
import { call, createPod, networkConf } from '../../helpers/pod.ts';

const cleanup = fileCleanup();
let node: Netns;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
});

test('the result of cniVersion 0.4.0 shows bridge, host end and container end, and the address with its family', async () => {
  const pod = await createPod(node);
  const conf = {
    cniVersion: '0.4.0',
    name: 'test',
    type: 'vlan-bridge',
    bridge: 'test-bridge',
    ipam: { type: 'static', addresses: [{ address: '192.168.0.42/24' }] },
  };
  const output = await call('ADD', pod, conf, { containerId: 'hoge', ifname: 'test-if' });
  const links = await shownLinks(pod.netns, 'test-bridge', 'test-if');
  expect(output).toEqual({
    exitCode: 0,
    stderr: '',
    stdout: JSON.stringify(output.json, undefined, 4),
    json: {
      cniVersion: '0.4.0',
      interfaces: [
        { name: 'test-bridge', mac: links.bridge.address },
        { name: links.host.ifname, mac: links.host.address },
        { name: 'test-if', mac: links.container.address, sandbox: pod.netns.path },
      ],
      ips: [{ version: '4', interface: 2, address: '192.168.0.42/24' }],
      dns: {},
    },
  });
});

const addresses = [
  { address: '10.20.1.11/24', gateway: '10.20.1.1' },
  { address: 'fd00:20::11/64', gateway: 'fd00:20::1' },
];
const routes = [{ dst: '0.0.0.0/0' }, { dst: 'fd09::/32', gw: 'fd00:20::2', mtu: 1400, priority: 5 }];
const dns = { nameservers: ['10.20.1.1'], domain: 'blue.example' };
const conf = networkConf({
  bridge: 'test-bridge',
  mtu: 1450,
  ipam: { type: 'static', addresses, routes, dns },
});

test.each(['0.1.0', '0.2.0'])(
  'the result of cniVersion %s has an address of each family with its routes, and no links',
  async (cniVersion) => {
    const pod = await createPod(node);
    const { json } = await call('ADD', pod, { ...conf, cniVersion });
    expect(json).toEqual({
      cniVersion,
      ip4: { ip: '10.20.1.11/24', gateway: '10.20.1.1', routes: [{ dst: '0.0.0.0/0', gw: '10.20.1.1' }] },
      ip6: { ip: 'fd00:20::11/64', gateway: 'fd00:20::1', routes: [{ dst: 'fd09::/32', gw: 'fd00:20::2' }] },
      dns,
    });
  },
);

test.each([
  ['0.3.0', '4', '6', undefined],
  ['0.3.1', '4', '6', undefined],
  ['0.4.0', '4', '6', undefined],
  ['1.0.0', undefined, undefined, 1450],
  ['1.1.0', undefined, undefined, 1450],
])('the result of cniVersion %s has links, addresses and routes', async (cniVersion, four, six, mtu) => {
  const pod = await createPod(node);
  const { json } = await call('ADD', pod, { ...conf, cniVersion });
  const { bridge, host, container } = await shownLinks(pod.netns, 'test-bridge', 'net1');
  // toEqual treats an undefined member like an absent one.
  expect(json).toEqual({
    cniVersion,
    interfaces: [
      { name: 'test-bridge', mac: bridge.address },
      { name: host.ifname, mac: host.address },
      { name: 'net1', mac: container.address, mtu, sandbox: pod.netns.path },
    ],
    ips: [
      { version: four, interface: 2, ...addresses[0] },
      { version: six, interface: 2, ...addresses[1] },
    ],
    // A default route always has its gw.
    routes: [{ ...routes[0], gw: '10.20.1.1' }, routes[1]],
    dns,
  });
});

test('a result without addresses has only the links', async () => {
  const pod = await createPod(node);
  const { json } = await call('ADD', pod, networkConf({ cniVersion: '1.1.0', bridge: 'test-bridge' }));
  const { bridge, host, container } = await shownLinks(pod.netns, 'test-bridge', 'net1');
  expect(json).toEqual({
    cniVersion: '1.1.0',
    interfaces: [
      { name: 'test-bridge', mac: bridge.address },
      { name: host.ifname, mac: host.address },
      { name: 'net1', mac: container.address, mtu: container.mtu, sandbox: pod.netns.path },
    ],
  });
});

test('refuses a result without addresses in cniVersion 0.2.0, and leaves nothing', async () => {
  const pod = await createPod(node);
  const conf = networkConf({ cniVersion: '0.2.0', bridge: 'none0' });
  const { json, exitCode } = await call('ADD', pod, conf);
  expect({ json, exitCode }).toEqual({
    exitCode: 1,
    json: {
      cniVersion: '0.2.0',
      code: 7,
      msg: 'invalid network configuration: cniVersion 0.2.0 cannot show a result without an IP address, 0.3.0 and newer can',
    },
  });
  await expect(showLink(node, 'none0')).rejects.toThrow('does not exist');
});

test('the sandbox of a result is exactly CNI_NETNS', async () => {
  const pod = await createPod(node);
  const netns = pod.netns.path.replace('/run/', '/var/run/./');
  const { json } = await call('ADD', pod, networkConf({ bridge: 'test-bridge' }), { netns });
  expect(json).toMatchObject({ interfaces: [{}, {}, { sandbox: netns }] });
});

/** The three links of an attachment. */
async function shownLinks(pod: Netns, bridge: string, ifname: string) {
  return {
    bridge: await showLink(node, bridge),
    host: await showHostEnd(node, pod, ifname),
    container: await showLink(pod, ifname),
  };
}
