import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startBackground } from '../../helpers/background.ts';
import { kernelState } from '../../helpers/kernel-state.ts';
import { linkNames, showHostEnd, showLink } from '../../helpers/links.ts';
import { createNetns, exec, fileCleanup, ip, ipJson, type Netns } from '../../helpers/netns.ts';
import { add, createPod, networkConf, type Pod, staticIpam } from '../../helpers/pod.ts';
import { pings } from '../../helpers/traffic.ts';
import { type ChainResult, type Conflist, chainOf } from './chain.ts';

const cleanup = fileCleanup();

let node: Netns;
/** A machine behind the node, 192.0.2.2. */
let outside: Netns;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
  outside = await createNetns('outside', cleanup);
  await ip(
    node,
    'link add vlanbr0 address 02:00:00:00:00:99 up type bridge',
    `link add uplink0 up type veth peer name eth0 netns ${outside.name}`,
    'address add 192.0.2.1/24 dev uplink0',
  );
  await ip(
    outside,
    'address add 192.0.2.2/24 dev eth0',
    'link set eth0 up',
    'route add default via 192.0.2.1',
  );
});

/** This plugin's configuration, with addresses that the node routes. */
function ours(...addresses: readonly string[]) {
  const { type, bridge } = networkConf();
  return { type, bridge, isDefaultGateway: true, ipam: staticIpam(addresses) };
}

/** The state of the node without packet filter counters. */
async function nodeState(): Promise<object> {
  const { nft, ...rest } = await kernelState(node);
  const withoutCounters = JSON.stringify(nft).replaceAll(/"counter":\{[^}]*\}/g, '"counter":null');
  return { ...rest, nft: JSON.parse(withoutCounters) };
}

/** Starts a TCP server in the pod that reads everything and then answers "done". */
async function serve({ netns }: Pod, port: number): Promise<void> {
  const command = ['busybox', 'nc', '-l', '-p', `${port}`, '-e', 'sh', '-c', 'cat >/dev/null; echo done'];
  startBackground(netns, command, onTestFinished);
  const listening = async () =>
    expect(await exec(netns, 'ss', ['-Hltn', `sport = :${port}`])).toMatch(/LISTEN/);
  await vi.waitFor(listening, { timeout: 10_000, interval: 50 });
}

/** Sends bytes and waits for the answer. @returns the duration in milliseconds */
async function send(from: Netns, to: string, bytes: number): Promise<number> {
  const start = performance.now();
  const command = `head -c ${bytes} /dev/zero | timeout 30 busybox nc ${to}`;
  expect(await exec(from, 'sh', ['-c', command])).toBe('done');
  return performance.now() - start;
}

describe('before tuning, firewall, portmap and bandwidth', () => {
  const mac = '02:11:22:33:44:55';
  /** These plugins keep chains in the packet filter for the next pod. */
  const lasting = [
    { type: 'firewall', backend: 'iptables' },
    { type: 'portmap', capabilities: { portMappings: true } },
  ];
  const sysctl = { 'net.ipv4.conf.net1.arp_filter': '1' };
  const list: Conflist = {
    cniVersion: '1.0.0',
    name: 'blue',
    plugins: [
      ours('10.20.1.11/24'),
      { type: 'tuning', sysctl, mac, mtu: 1400 },
      ...lasting,
      { type: 'bandwidth', capabilities: { bandwidth: true } },
    ],
  };
  const runtimeConfig = {
    portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }],
    bandwidth: {
      ingressRate: 300_000,
      ingressBurst: 100_000,
      egressRate: 100_000_000,
      egressBurst: 1_000_000,
    },
  };

  let before: object;
  let chained: Pod;
  let result: ChainResult;
  /** A pod attached by this plugin only. */
  let plain: Pod;

  beforeAll(async () => {
    plain = await createPod(node, cleanup);
    await add(plain, { ...networkConf(), ...ours('10.20.1.12/24') });
    const first = { ...list, plugins: [ours('10.20.1.10/24'), ...lasting] };
    const chain = chainOf(await createPod(node, cleanup), first, runtimeConfig);
    await chain.del(await chain.add());
    before = await nodeState();
    chained = await createPod(node, cleanup);
    result = await chainOf(chained, list, runtimeConfig).add();
  }, 240_000);

  test('every plugin accepts the result and completes it', async () => {
    const host = await showHostEnd(node, chained.netns);
    const [, , ...rest] = result.interfaces;
    expect(result.interfaces.slice(0, 2).map(({ name }) => name)).toEqual(['vlanbr0', host.ifname]);
    expect(rest).toMatchObject([
      { name: 'net1', mac, sandbox: chained.netns.path },
      { name: expect.stringMatching(/^bwp/) },
    ]);
    expect(result.ips).toEqual([{ address: '10.20.1.11/24', gateway: '10.20.1.1', interface: 2 }]);
    expect(result.routes).toEqual([{ dst: '0.0.0.0/0', gw: '10.20.1.1' }]);
  });

  test('tuning changes a sysctl, the address and the MTU of the link, which keeps working', async () => {
    const { address, mtu } = await showLink(chained.netns, 'net1');
    expect({ address, mtu }).toEqual({ address: mac, mtu: 1400 });
    const sysctl = '/proc/sys/net/ipv4/conf/net1/arp_filter';
    expect(await exec(chained.netns, 'cat', [sysctl])).toBe('1');
    expect(await pings(plain.netns, '10.20.1.11')).toBe(true);
  });

  test('portmap forwards a port of the node to the pod', async () => {
    await serve(chained, 80);
    await send(outside, '192.0.2.1 8080', 10);
  });

  test('firewall admits packets of the pod on a node that forwards no others', async () => {
    await exec(node, 'iptables', ['-P', 'FORWARD', 'DROP']);
    onTestFinished(async () => void (await exec(node, 'iptables', ['-P', 'FORWARD', 'ACCEPT'])));
    expect(await pings(chained.netns, '192.0.2.2')).toBe(true);
    expect(await pings(plain.netns, '192.0.2.2')).toBe(false);
  });

  test('bandwidth limits the rate at which the pod receives', async () => {
    const { ifname } = await showHostEnd(node, chained.netns);
    const shown = JSON.parse(await exec(node, 'tc', ['-j', 'qdisc', 'show', 'dev', ifname]));
    const shaper = { kind: 'tbf', root: true, options: { rate: 37_500 } };
    expect(shown).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ...shaper, options: expect.objectContaining(shaper.options) }),
      ]),
    );
    await serve(plain, 5001);
    const unshaped = await send(outside, '10.20.1.12 5001', 125_000);
    await serve(chained, 5001);
    const shaped = await send(outside, '10.20.1.11 5001', 125_000);
    // 1 Mbit at 300 kbit/s, without the burst.
    expect(shaped).toBeGreaterThan(2500);
    expect(unshaped).toBeLessThan(shaped);
  });

  test('CHECK of every plugin passes', async () => {
    // CHECK of portmap 1.1.1 looks for the rules of IPv4 in ip6tables, and fails for every pod.
    await chainOf(chained, list, runtimeConfig).check(result, { except: ['portmap'] });
  });

  test('DEL in reverse order restores the state before ADD', async () => {
    await chainOf(chained, list, runtimeConfig).del(result);
    expect(await nodeState()).toEqual(before);
    expect(await linkNames(chained.netns)).toEqual([]);
  });

  test('firewall and portmap keep only their own chains for the next pod', async () => {
    type Chain = { readonly table: string; readonly name: string; readonly hook?: string };
    const { nft } = await kernelState(node);
    const chains = nft.flatMap((item) => {
      const { chain } = item as { readonly chain?: Chain };
      return chain === undefined || chain.hook !== undefined ? [] : [`${chain.table} ${chain.name}`];
    });
    expect([...new Set(chains)].sort()).toEqual([
      'filter CNI-ADMIN',
      'filter CNI-FORWARD',
      'nat CNI-HOSTPORT-DNAT',
      'nat CNI-HOSTPORT-MASQ',
      'nat CNI-HOSTPORT-SETMARK',
    ]);
  });
});

describe('after loopback and before sbr', () => {
  const list: Conflist = {
    cniVersion: '0.4.0',
    name: 'blue',
    plugins: [{ type: 'loopback' }, ours('10.20.1.21/24', 'fd00:20:1::21/64'), { type: 'sbr' }],
  };

  test('passes the result on, and ADD, traffic, CHECK and DEL of the whole list work', async () => {
    const pod = await createPod(node);
    const neighbour = await createPod(node);
    await add(neighbour, { ...networkConf(), ...ours('10.20.1.22/24', 'fd00:20:1::22/64') });
    const before = await nodeState();
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
    expect(await nodeState()).toEqual(before);
    expect(await linkNames(pod.netns)).toEqual([]);
    expect((await ipJson(pod.netns, 'rule')).length).toBe(3);
  });
});
