import { beforeAll, describe, expect, test } from 'vitest';
import { createNetns, fileCleanup, ip, type Netns } from '../../helpers/netns.ts';
import { add, call, check, createPod, networkConf, refusal, staticIpam } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';

requireVlanFiltering();
const cleanup = fileCleanup();
let node: Netns;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
  await ip(node, 'link add foreign0 up type bridge vlan_filtering 1 vlan_default_pvid 1');
});

const gateways = [
  { address: '10.20.1.11/24', gateway: '10.20.1.1' },
  { address: 'fd00:20::11/64', gateway: 'fd00:20::1' },
];

describe('CHECK passes right after ADD', () => {
  test.each([
    ['without addresses', { vlan: 100 }],
    ['without addresses, with the container end down', { vlan: 100, disableContainerInterface: true }],
    ['without VLANs', { bridge: 'flat0' }],
    ['with a host address', { vlan: 100, ipam: staticIpam(['10.20.1.11/32']) }],
    ['with addresses of both families', { vlan: 100, ipam: { type: 'static', addresses: gateways } }],
    [
      'with routes in several tables',
      {
        vlan: 100,
        ipam: {
          type: 'static',
          addresses: gateways,
          routes: [
            { dst: '0.0.0.0/0' },
            { dst: '::/0' },
            { dst: 'fd09::1/32', gw: 'fd00:20::2', priority: 7 },
            { dst: '10.9.0.0/16', gw: '10.20.1.2', table: 100 },
            { dst: '0.0.0.0/0', gw: '10.20.1.3', table: 7000 },
            { dst: '10.8.0.0/16', scope: 253, mtu: 1300 },
          ],
        },
      },
    ],
    ['of a trunk', { vlan: 100, vlanTrunk: [{ minID: 200, maxID: 220 }, { id: 300 }] }],
    ['of a tagged-only trunk', { vlanTrunk: [{ minID: 1, maxID: 4094 }] }],
    ['with a link-layer address and an MTU', { vlan: 100, mac: '02-00-00-00-00-0A', mtu: 1400 }],
    ['on an existing bridge', { bridge: 'foreign0', vlan: 100, preserveDefaultVlan: true }],
  ])('%s', async (_case, keys) => {
    const pod = await createPod(node);
    const conf = networkConf(keys);
    await check(pod, conf, await add(pod, conf));
  });

  test.each(['0.4.0', '1.0.0', '1.1.0'])('with the prevResult of cniVersion %s', async (cniVersion) => {
    const pod = await createPod(node);
    const conf = networkConf({ cniVersion, vlan: 100, ipam: { type: 'static', addresses: gateways } });
    await check(pod, conf, await add(pod, conf));
  });
});

describe('CHECK passes', () => {
  const conf = networkConf({ vlan: 100, ipam: staticIpam(['10.20.1.11/24']) });

  test('when other programs have added links, addresses and routes to the pod', async () => {
    const pod = await createPod(node);
    const result = await add(pod, conf);
    await ip(
      pod.netns,
      'address add 10.20.1.99/24 dev net1',
      'address add fd00:20::99/64 dev net1',
      'route add 10.77.0.0/16 via 10.20.1.1',
      'link add other0 address 02:00:00:00:00:01 up type dummy',
      'address add 10.20.1.11/32 dev other0',
    );
    await check(pod, conf, result);
  });

  test('with links and addresses of other plugins in prevResult, before and after its own', async () => {
    const pod = await createPod(node);
    const { interfaces, ips, ...rest } = await add(pod, conf);
    const prevResult = {
      ...rest,
      interfaces: [
        { name: 'ifb0', mac: '02:00:00:00:00:01', sandbox: pod.netns.path },
        { name: 'net1', mac: '02:00:00:00:00:02' },
        ...interfaces,
        { name: 'tun0', sandbox: pod.netns.path },
      ],
      ips: [
        { address: '10.66.0.1/24', interface: 0 },
        { address: '10.20.1.11/24', interface: 4 },
        { address: '10.67.0.1/24', interface: 5 },
      ],
    };
    await check(pod, conf, prevResult);
  });

  test('with another path of the same network namespace', async () => {
    const pod = await createPod(node);
    const result = await add(pod, conf, { netns: pod.netns.path.replace('/run/', '/var/run/') });
    await check(pod, conf, result);
  });

  test('with an address from CNI_ARGS, which CHECK does not get', async () => {
    const pod = await createPod(node);
    const bare = networkConf({ cniVersion: '0.4.0', vlan: 100, ipam: { type: 'static' } });
    const result = await add(pod, bare, { args: 'IP=10.20.1.11/24' });
    await check(pod, bare, result);
  });

  test('when the host has changed the address of the bridge', async () => {
    const pod = await createPod(node);
    const own = { ...conf, bridge: 'moved0' };
    const result = await add(pod, own);
    await ip(node, 'link set moved0 address 02:00:00:00:00:42');
    await check(pod, own, result);
  });
});

describe('CHECK fails', () => {
  const conf = networkConf({ vlan: 100, ipam: staticIpam(['10.20.1.11/24']) });

  test('without a prevResult', async () => {
    const pod = await createPod(node);
    expect(await refusal('CHECK', pod, conf)).toEqual({
      cniVersion: '1.0.0',
      code: 7,
      msg: 'prevResult is missing: CHECK compares with the result of ADD',
    });
  });

  test('for a cniVersion before CHECK existed', async () => {
    const pod = await createPod(node);
    const { json } = await call('CHECK', pod, { ...conf, cniVersion: '0.3.1', prevResult: {} });
    expect(json).toMatchObject({ cniVersion: '0.3.1', code: 1 });
  });

  test('for a pod that was never added, and lists everything that is missing', async () => {
    const pod = await createPod(node);
    const result = await add(pod, conf);
    const other = await createPod(node);
    expect(await refusal('CHECK', other, { ...conf, prevResult: result })).toEqual({
      cniVersion: '1.0.0',
      code: 103,
      msg: expect.stringMatching(
        /^host link "veth[a-z2-7]{11}" does not exist; link "net1" does not exist in network namespace "\/run\/netns\/pod-[0-9a-f]+"$/,
      ),
    });
  });
});
