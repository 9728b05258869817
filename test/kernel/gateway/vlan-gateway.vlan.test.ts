import { beforeEach, describe, expect, test } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { allVlans, linkAddresses, linkNames, portVlans, showLink } from '../../helpers/links.ts';
import { createNetns, ip, type Netns } from '../../helpers/netns.ts';
import { add, check, createPod, del, networkConf, type Pod, refusal, staticIpam } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { pings, resolves } from '../../helpers/traffic.ts';
import { gatewayPort } from './gateway-port.ts';

requireVlanFiltering();

const NAME = 'vlanbr0.100';
const gateway = (addresses: readonly string[], more: object = {}) =>
  networkConf({ vlan: 100, isGateway: true, ipam: staticIpam(addresses), ...more });
const conf = gateway(['10.20.1.11/24', 'fd00:20::11/64']);
const access = ['100 PVID Egress Untagged'];

let node: Netns;
let pod: Pod;

beforeEach(async () => {
  node = await createNetns('node');
  pod = await createPod(node);
});

describe('with a VLAN, isGateway', () => {
  test('creates a host link that only pods of this VLAN reach', async () => {
    const stranger = await createPod(node);
    const [result] = await Promise.all([
      add(pod, conf),
      add(stranger, networkConf({ vlan: 200, ipam: staticIpam(['10.20.1.12/24']) })),
    ]);
    const link = await showLink(node, NAME);
    expect(result.interfaces.slice(3)).toEqual([{ name: NAME, mac: link.address }]);
    expect(await linkAddresses(node, NAME)).toEqual(['10.20.1.1/24', 'fd00:20::1/64']);
    expect(await linkAddresses(node, 'vlanbr0')).toEqual([]);
    expect(await pings(pod.netns, '10.20.1.1')).toBe(true);
    expect(await pings(pod.netns, 'fd00:20::1')).toBe(true);
    expect(await resolves(pod.netns, 'net1', '10.20.1.1')).toBe(true);
    expect(await resolves(stranger.netns, 'net1', '10.20.1.1')).toBe(false);
    await check(pod, conf, result);
  });

  test.each([
    ['created by ADD', ''],
    [
      'with a default VLAN for its ports',
      'link add vlanbr0 up type bridge vlan_filtering 1 vlan_default_pvid 1',
    ],
  ])("puts the gateway's port only on its VLAN on a bridge %s", async (_case, line) => {
    if (line !== '') await ip(node, line);
    await add(pod, conf);
    const port = await gatewayPort(node, NAME);
    expect(port).toMatchObject({ master: 'vlanbr0', ifalias: `vlan-bridge: port of gateway ${NAME}` });
    expect(await portVlans(node, port.ifname)).toEqual(access);
  });

  test('keeps the gateways of two VLANs on one bridge separate', async () => {
    const other = await createPod(node);
    await add(pod, gateway(['10.20.1.11/24']));
    await add(other, gateway(['10.20.2.11/24'], { vlan: 200, name: 'red' }));
    expect(await linkAddresses(node, NAME)).toEqual(['10.20.1.1/24']);
    expect(await linkAddresses(node, 'vlanbr0.200')).toEqual(['10.20.2.1/24']);
    expect(await resolves(other.netns, 'net1', '10.20.2.1')).toBe(true);
    expect(await resolves(pod.netns, 'net1', '10.20.1.1')).toBe(true);
  });

  test('creates the link once when 20 ADDs run at once', async () => {
    const pods = await Promise.all(Array.from({ length: 20 }, () => createPod(node)));
    const adds = pods.map((each, index) =>
      add(each, gateway([`10.20.1.${100 + index}/24`]), { timeoutMs: 110_000 }),
    );
    await Promise.all(adds);
    const names = await linkNames(node);
    // The bridge, the pair of the gateway, and a port for each pod.
    expect(names.length).toBe(1 + 2 + 20);
    expect(await linkAddresses(node, NAME)).toEqual(['10.20.1.1/24']);
    const { vlanbr0: _none, ...ports } = await allVlans(node);
    expect(Object.values(ports)).toEqual(Array.from({ length: 21 }, () => access));
  });

  test('keeps the bridge and an existing gateway unchanged by ADD and DEL', async () => {
    await add(pod, conf);
    await del(pod, conf);
    const before = await states();
    await add(pod, conf);
    await del(pod, conf);
    expect(await states()).toEqual(before);
  });

  test('deletes the gateway that a failed ADD created', async () => {
    await ip(node, 'link add vlanbr0 address 02:00:00:00:00:99 up type bridge vlan_filtering 1');
    const before = await states();
    const routes = [{ dst: '10.99.0.0/16', gw: '172.16.0.1' }];
    const failing = gateway([], { ipam: staticIpam(['10.20.1.11/24', 'fd00:20::11/64'], { routes }) });
    expect(await refusal('ADD', pod, failing)).toMatchObject({ code: 100 });
    expect(await states()).toEqual(before);
  });
});

function states() {
  return Promise.all([kernelState(node), kernelState(pod.netns)]);
}
