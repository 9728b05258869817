import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { showLink } from '../../helpers/links.ts';
import { bridgeJson, createNetns, fileCleanup, ip, type Netns } from '../../helpers/netns.ts';
import { add, check, createPod, del, networkConf, type Pod, refusal, staticIpam } from '../../helpers/pod.ts';
import { capture, pings, resolves } from '../../helpers/traffic.ts';

const OWN = '02:00:00:00:00:11';
const FOREIGN = '02:00:00:00:00:66';
const cleanup = fileCleanup();
let node: Netns;
let pod: Pod;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
  await ip(node, 'link add vlanbr0 address 02:00:00:00:00:99 up type bridge mcast_snooping 0');
});

beforeEach(async () => {
  pod = await createPod(node);
});

describe('the port', () => {
  test.each([
    ['no flag', {}, {}],
    ['hairpinMode', { hairpinMode: true }, { hairpin: true }],
    ['portIsolation', { portIsolation: true }, { isolated: true }],
    ['macspoofchk', { macspoofchk: true }, { learning: false, locked: true }],
    [
      'every flag',
      { hairpinMode: true, portIsolation: true, macspoofchk: true },
      { hairpin: true, isolated: true, learning: false, locked: true },
    ],
  ])('has exactly the configured flags, passes CHECK and is removed by DEL: %s', async (...row) => {
    const [, keys, flags] = row;
    const before = await kernelState(node);
    const conf = networkConf({ ...keys });
    const result = await add(pod, conf);
    expect(await flagsOf(result.interfaces[1].name)).toEqual({
      hairpin: false,
      isolated: false,
      learning: true,
      locked: false,
      ...flags,
    });
    await check(pod, conf, result);
    await del(pod, conf);
    expect(await kernelState(node)).toEqual(before);
  });

  test.each([
    ['hairpin', { hairpinMode: true }, 'hairpin off', 'hairpin off'],
    ['isolation', { portIsolation: true }, 'isolated off', 'isolated off'],
    ['a lock', { macspoofchk: true }, 'locked off learning on', 'learning on, locked off'],
    ['isolation that the configuration does not have', {}, 'isolated on', 'isolated on'],
  ])('is found by CHECK to have changed: %s', async (_case, keys, change, finding) => {
    const conf = networkConf({ ...keys });
    const prevResult = await add(pod, conf);
    const { name } = prevResult.interfaces[1];
    await bridgeJson(node, ...`link set dev ${name} ${change}`.split(' '));
    expect(await refusal('CHECK', pod, { ...conf, prevResult })).toEqual({
      cniVersion: '1.0.0',
      code: 103,
      msg: `port "${name}" has ${finding}`,
    });
  });
});

test.each([
  [true, 'comes back to it'],
  [false, 'does not come back'],
])('hairpinMode %s: what a pod sends to all %s', async (hairpinMode) => {
  const peer = await createPod(node);
  await add(pod, networkConf({ hairpinMode, ipam: staticIpam(['10.20.1.11/24']) }));
  await add(peer, networkConf({ ipam: staticIpam(['10.20.1.12/24']) }));
  await ip(pod.netns, 'route add 224.0.0.0/4 dev net1');
  const seen = await capture(pod.netns, 'net1', 'arp or icmp');
  // No pod has this address.
  expect(await pings(pod.netns, '224.0.0.1')).toBe(false);
  // When this reply arrives, the bridge has forwarded the earlier frame to every port.
  expect(await resolves(pod.netns, 'net1', '10.20.1.12')).toBe(true);
  const lines = await seen.until(/Reply 10\.20\.1\.12/);
  const copies = lines.filter((line) => line.includes('> 224.0.0.1: ICMP echo request'));
  expect(copies.length).toBe(hairpinMode ? 2 : 1);
});

test('portIsolation separates isolated pods from each other, but not from the gateway and other pods', async () => {
  const conf = (address: string, portIsolation: boolean) =>
    networkConf({ isGateway: true, portIsolation, ipam: staticIpam([address]) });
  const [second, open] = await Promise.all([createPod(node), createPod(node)]);
  await Promise.all([
    add(pod, conf('10.20.1.11/24', true)),
    add(second, conf('10.20.1.12/24', true)),
    add(open, conf('10.20.1.13/24', false)),
  ]);
  expect(await resolves(pod.netns, 'net1', '10.20.1.12')).toBe(false);
  expect(await pings(pod.netns, '10.20.1.1')).toBe(true);
  expect(await pings(second.netns, '10.20.1.1')).toBe(true);
  expect(await pings(pod.netns, '10.20.1.13')).toBe(true);
});

describe('macspoofchk', () => {
  test("forwards only frames from the pod's own address", async () => {
    const peer = await createPod(node);
    await add(peer, networkConf({ ipam: staticIpam(['10.20.1.12/24']) }));
    const own = networkConf({ macspoofchk: true, ipam: staticIpam(['10.20.1.11/24']) });
    await add(pod, own, { args: `MAC=${OWN}` });
    expect(await resolves(pod.netns, 'net1', '10.20.1.12')).toBe(true);
    await ip(pod.netns, `link set net1 address ${FOREIGN}`);
    expect(await resolves(pod.netns, 'net1', '10.20.1.12')).toBe(false);
    await ip(pod.netns, `link set net1 address ${OWN}`);
    expect(await resolves(pod.netns, 'net1', '10.20.1.12')).toBe(true);
  });

  test('is needed: without it the bridge forwards those frames', async () => {
    const peer = await createPod(node);
    await add(peer, networkConf({ ipam: staticIpam(['10.20.100.12/24']) }));
    await add(pod, networkConf({ ipam: staticIpam(['10.20.100.11/24']) }), { args: `MAC=${OWN}` });
    await ip(pod.netns, `link set net1 address ${FOREIGN}`);
    expect(await resolves(pod.netns, 'net1', '10.20.100.12')).toBe(true);
  });
});

describe('promiscMode', () => {
  const conf = networkConf({ promiscMode: true });
  let own: Netns;

  beforeEach(async () => {
    own = await createNetns('node');
    pod = await createPod(own);
    await ip(own, 'link add vlanbr0 address 02:00:00:00:00:99 up type bridge');
  });

  test('makes the bridge promiscuous, and CHECK verifies it', async () => {
    const prevResult = await add(pod, conf);
    expect((await showLink(own, 'vlanbr0')).flags).toContain('PROMISC');
    await check(pod, conf, prevResult);
    await ip(own, 'link set vlanbr0 promisc off');
    expect(await refusal('CHECK', pod, { ...conf, prevResult })).toMatchObject({
      code: 103,
      msg: 'bridge "vlanbr0" is not promiscuous',
    });
  });

  test('false keeps a promiscuous bridge unchanged, and CHECK passes', async () => {
    await ip(own, 'link set vlanbr0 promisc on');
    const plain = { ...conf, promiscMode: false };
    const result = await add(pod, plain);
    expect((await showLink(own, 'vlanbr0')).flags).toContain('PROMISC');
    await check(pod, plain, result);
  });

  test('is rolled back by an ADD that fails', async () => {
    const ipam = staticIpam(['10.20.1.11/24'], { routes: [{ dst: '10.99.0.0/16', gw: '172.16.0.1' }] });
    await refusal('ADD', pod, { ...conf, ipam });
    expect((await showLink(own, 'vlanbr0')).flags).not.toContain('PROMISC');
  });
});

type Flags = {
  readonly hairpin: boolean;
  readonly isolated: boolean;
  readonly learning: boolean;
  readonly locked: boolean;
};

/** The port's flags as `ip -d link` shows them. */
async function flagsOf(port: string): Promise<Flags> {
  const { linkinfo } = await showLink(node, port);
  const { hairpin, isolated, learning, locked } = (linkinfo?.info_slave_data ?? {}) as Flags;
  return { hairpin, isolated, learning, locked };
}
