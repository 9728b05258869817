import { beforeAll, describe, expect, test } from 'vitest';
import { linkAddresses, linkNames, showLink } from '../../helpers/links.ts';
import { createNetns, exec, fileCleanup, ipJson, type Netns } from '../../helpers/netns.ts';
import { add, createPod, networkConf, type Pod, refusal, staticIpam } from '../../helpers/pod.ts';
import { pings } from '../../helpers/traffic.ts';

const cleanup = fileCleanup();
let node: Netns;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
});

describe('the link-layer address of the container', () => {
  const runtime = { runtimeConfig: { mac: '02:00:00:00:00:04' } };
  const args = { args: { cni: { mac: '02:00:00:00:00:03' } } };
  const env = 'MAC=02:00:00:00:00:02';
  const top = { mac: '02-00-00-00-00-01' };

  test.each([
    ['runtimeConfig before every other source', { ...top, ...args, ...runtime }, env, '02:00:00:00:00:04'],
    ['args.cni before CNI_ARGS and mac', { ...top, ...args }, env, '02:00:00:00:00:03'],
    ['CNI_ARGS before mac', top, env, '02:00:00:00:00:02'],
    ['mac, in another notation', top, undefined, '02:00:00:00:00:01'],
    [
      'the next source when one is empty',
      { ...top, runtimeConfig: { mac: '' } },
      undefined,
      '02:00:00:00:00:01',
    ],
  ])('comes from %s', async (_case, keys, cniArgs, expected) => {
    const pod = await createPod(node);
    const more = cniArgs === undefined ? {} : { args: cniArgs };
    const { interfaces } = await add(pod, networkConf(keys), more);
    const { address } = await showLink(pod.netns, 'net1');
    expect([address, interfaces[2].mac]).toEqual([expected, expected]);
  });

  test('is random and locally administered when the configuration has none', async () => {
    const pods = await Promise.all([createPod(node), createPod(node)]);
    await Promise.all(pods.map((pod) => add(pod, networkConf())));
    const links = await Promise.all(pods.map(({ netns }) => showLink(netns, 'net1')));
    const macs = links.map(({ address }) => address);
    expect(new Set(macs).size).toBe(2);
    expect(macs).toEqual([expect.stringMatching(/^.[26ae]:/), expect.stringMatching(/^.[26ae]:/)]);
  });
});

test('sets mtu on both ends', async () => {
  const pod = await createPod(node);
  const { interfaces } = await add(pod, networkConf({ mtu: 1400, bridge: 'small0' }));
  const [, host, container] = interfaces;
  const links = await Promise.all([showLink(node, host.name), showLink(pod.netns, 'net1')]);
  expect(links.map(({ mtu }) => mtu)).toEqual([1400, 1400]);
  expect(container.mtu).toBe(1400);
});

test('leaves the container end down and its port in the bridge with disableContainerInterface', async () => {
  const pod = await createPod(node);
  const { interfaces } = await add(pod, networkConf({ disableContainerInterface: true }));
  const [container, host] = await Promise.all([
    showLink(pod.netns, 'net1'),
    showLink(node, interfaces[1].name),
  ]);
  expect(container.flags).not.toContain('UP');
  expect(host.flags).toContain('UP');
  expect(host.master).toBe('vlanbr0');
});

test('identifies the attachment by the name and the alias of the host end', async () => {
  const pod = await createPod(node);
  const { interfaces } = await add(pod, networkConf(), { ifname: 'data0' });
  const host = await showLink(node, interfaces[1].name);
  expect(host.ifname).toMatch(/^veth[a-z2-7]{11}$/);
  expect(host.ifalias).toBe(`vlan-bridge: data0 of container ${pod.containerId}, network blue`);
});

describe('addresses', () => {
  test.each([
    ['IPv4', ['10.20.1.11/24'], ['10.20.1.12/24']],
    ['IPv6', ['fd00:20:1::11/64'], ['fd00:20:1::12/64']],
    ['dual stack', ['10.20.2.11/24', 'fd00:20:2::11/64'], ['10.20.2.12/24', 'fd00:20:2::12/64']],
    ['two of a family', ['10.20.3.11/24', '10.20.4.11/24'], ['10.20.3.12/24', '10.20.4.12/24']],
  ])('are usable as soon as ADD returns: %s', async (_case, own, others) => {
    const pods = await Promise.all([createPod(node), createPod(node)]);
    const [pod, peer] = pods;
    await add(peer, networkConf({ ipam: staticIpam(others) }));
    await add(pod, networkConf({ ipam: staticIpam(own) }));
    const answers = await Promise.all(others.map((cidr) => pings(pod.netns, cidr.replace(/\/.*/, ''))));
    expect(answers).toEqual(others.map(() => true));
    expect(await linkAddresses(pod.netns, 'net1')).toEqual(own);
  });

  test('do not wait for duplicate address detection', async () => {
    const pod = await createPod(node);
    await add(pod, networkConf({ ipam: staticIpam(['fd00:20:5::11/64']) }));
    expect(
      await ipJson(pod.netns, '-6', 'address', 'show', 'dev', 'net1', 'scope', 'global', 'tentative'),
    ).toEqual([]);
  });

  const detecting = async (): Promise<Pod> => {
    const pod = await createPod(node);
    await exec(pod.netns, 'sysctl', ['-q', '-w', 'net.ipv6.conf.all.accept_dad=1']);
    return pod;
  };

  test('are probed before ADD returns when the pod detects duplicates', async () => {
    const pod = await detecting();
    await add(pod, networkConf({ ipam: staticIpam(['fd00:20:7::11/64']) }));
    expect(
      await ipJson(pod.netns, '-6', 'address', 'show', 'dev', 'net1', 'scope', 'global', 'tentative'),
    ).toEqual([]);
    expect(await linkAddresses(pod.netns, 'net1')).toEqual(['fd00:20:7::11/64']);
  });

  test('of another pod are refused when the pod detects duplicates', async () => {
    const [pod, owner] = await Promise.all([detecting(), createPod(node)]);
    const conf = networkConf({ ipam: staticIpam(['fd00:20:8::11/64']) });
    await add(owner, conf);
    expect(await refusal('ADD', pod, conf)).toEqual({
      cniVersion: '1.0.0',
      code: 104,
      msg: 'address "fd00:20:8::11/64" of link "net1" is in use by another machine (duplicate address detection)',
    });
    expect(await linkNames(pod.netns)).toEqual([]);
  });

  test('of IPv6 are set even if the runtime has disabled IPv6', async () => {
    const pod = await createPod(node);
    for (const name of ['all', 'default', 'lo']) {
      await exec(pod.netns, 'sysctl', ['-q', '-w', `net.ipv6.conf.${name}.disable_ipv6=1`]);
    }
    await add(pod, networkConf({ ipam: staticIpam(['fd00:20:6::11/64']) }));
    expect(await linkAddresses(pod.netns, 'net1')).toEqual(['fd00:20:6::11/64']);
  });

  test('of IPv4 have the broadcast address of their subnet', async () => {
    const pod = await createPod(node);
    await add(pod, networkConf({ ipam: staticIpam(['10.20.7.11/25', '10.20.8.1/31', '10.20.9.9/32']) }));
    const [shown] = await ipJson<{ addr_info: { local: string; broadcast?: string }[] }>(
      pod.netns,
      '-4',
      'address',
      'show',
      'dev',
      'net1',
    );
    const broadcasts = shown?.addr_info.map(({ local, broadcast }) => [local, broadcast]);
    expect(broadcasts).toEqual([
      ['10.20.7.11', '10.20.7.127'],
      ['10.20.8.1', undefined],
      ['10.20.9.9', undefined],
    ]);
  });
});
