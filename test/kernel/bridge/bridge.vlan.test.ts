import { beforeEach, describe, expect, test } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { allVlans, portVlans, showLink } from '../../helpers/links.ts';
import { createNetns, ip, type Netns } from '../../helpers/netns.ts';
import { add, createPod, del, networkConf, refusal, staticIpam } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';

requireVlanFiltering();
let node: Netns;

beforeEach(async () => {
  node = await createNetns('node');
});

describe('a bridge that ADD creates', () => {
  test('filters VLANs, has no default PVID, forwards at once, and does not use multicast snooping or iptables', async () => {
    const pod = await createPod(node);
    await add(pod, networkConf({ vlan: 100 }));
    const { flags, linkinfo } = await showLink(node, 'vlanbr0');
    expect(flags).toContain('UP');
    expect(linkinfo?.info_data).toMatchObject({
      vlan_filtering: 1,
      vlan_protocol: '802.1Q',
      vlan_default_pvid: 0,
      forward_delay: 0,
      stp_state: 0,
      mcast_snooping: 0,
      nf_call_iptables: 0,
      nf_call_ip6tables: 0,
      nf_call_arptables: 0,
    });
    const host = expect.stringMatching(/^veth/);
    expect(Object.keys(await allVlans(node))).toEqual([host]);
  });

  test('for a pod without VLANs does not filter, and refuses a pod with a VLAN', async () => {
    const [pod, tagged] = await Promise.all([createPod(node), createPod(node)]);
    await add(pod, networkConf());
    expect(await showLink(node, 'vlanbr0')).toMatchObject({ linkinfo: { info_data: { vlan_filtering: 0 } } });
    expect(await refusal('ADD', tagged, networkConf({ vlan: 100 }))).toMatchObject({ code: 101 });
  });

  test('keeps its link-layer address when ports join and leave', async () => {
    const [pod, other] = await Promise.all([createPod(node), createPod(node)]);
    const conf = networkConf({ vlan: 100 });
    await add(pod, conf);
    const { address } = await showLink(node, 'vlanbr0');
    await ip(
      node,
      'link add low0 address 00:00:00:00:00:01 up type veth peer name low1',
      'link set low0 master vlanbr0',
    );
    await add(other, conf);
    await del(pod, conf);
    await ip(node, 'link del low0');
    await del(other, conf);
    expect((await showLink(node, 'vlanbr0')).address).toBe(address);
    expect(address).toMatch(/^.[26ae]:/);
  });

  test('refuses a pod without VLANs when it filters, because the port would carry no frame', async () => {
    const [pod, plain] = await Promise.all([createPod(node), createPod(node)]);
    await add(pod, networkConf({ vlan: 100 }));
    const before = await kernelState(node);
    expect(await refusal('ADD', plain, networkConf())).toEqual({
      cniVersion: '1.0.0',
      code: 101,
      msg: 'bridge "vlanbr0" filters VLANs and gives new ports none, so this port would carry no frame; set "vlan" or "vlanTrunk"',
    });
    expect(await kernelState(node)).toEqual(before);
  });
});

describe('an existing bridge', () => {
  const settings =
    'forward_delay 1500 hello_time 100 ageing_time 5000 priority 100 mcast_snooping 1 vlan_default_pvid 5';

  test.each([
    ['filtering', 'vlan_filtering 1', {}],
    ['not filtering, for a pod without VLANs', 'vlan_filtering 0', { vlan: 0 }],
  ])('keeps its settings: %s', async (_case, filtering, keys) => {
    await ip(
      node,
      `link add vlanbr0 address 02:00:00:00:00:99 mtu 1400 up type bridge ${settings} ${filtering}`,
      'link add port0 mtu 1400 up master vlanbr0 type veth peer name peer0',
    );
    const before = await kernelState(node);
    const pod = await createPod(node);
    const { interfaces } = await add(pod, networkConf({ vlan: 100, ...keys }));
    const after = await kernelState(node);
    const isOld = ({ ifname }: { ifname?: unknown }): boolean => ifname !== interfaces[1].name;
    expect(after.links.filter(isOld)).toEqual(before.links);
    expect(after.vlans.filter(isOld)).toEqual(before.vlans);
  });

  test('that runs the spanning tree protocol accepts a port that does not forward yet', async () => {
    await ip(
      node,
      'link add vlanbr0 up type bridge vlan_filtering 1 vlan_default_pvid 0 stp_state 1 forward_delay 1500',
    );
    const pod = await createPod(node);
    const { interfaces } = await add(pod, networkConf({ vlan: 100, ipam: staticIpam(['10.20.1.11/24']) }));
    expect(await showLink(node, interfaces[1].name)).toMatchObject({
      linkinfo: { info_slave_data: { state: 'listening' } },
    });
  });

  test.each([
    ['by default', {}],
    ['when required', { vlanFiltering: 'require' }],
    ['for a trunk', { vlan: 0, vlanTrunk: [{ id: 5 }] }],
  ])('that does not filter is refused with the remedy, and left alone: %s', async (_case, keys) => {
    await ip(node, `link add vlanbr0 type bridge ${settings} vlan_filtering 0`);
    const pod = await createPod(node);
    const before = await Promise.all([kernelState(node), kernelState(pod.netns)]);
    expect(await refusal('ADD', pod, networkConf({ vlan: 100, ...keys }))).toEqual({
      cniVersion: '1.0.0',
      code: 101,
      msg: 'bridge "vlanbr0" does not filter VLANs; run "ip link set vlanbr0 type bridge vlan_filtering 1", or set "vlanFiltering": "enable"',
    });
    expect(await Promise.all([kernelState(node), kernelState(pod.netns)])).toEqual(before);
  });

  test('that does not filter is changed by vlanFiltering "enable", and its ports keep their VLAN', async () => {
    await ip(
      node,
      'link add vlanbr0 up type bridge vlan_filtering 0 vlan_default_pvid 1',
      'link add port0 up master vlanbr0 type veth peer name peer0',
    );
    const pod = await createPod(node);
    const conf = networkConf({ vlan: 100, vlanFiltering: 'enable' });
    const { interfaces } = await add(pod, conf);
    expect(await showLink(node, 'vlanbr0')).toMatchObject({ linkinfo: { info_data: { vlan_filtering: 1 } } });
    expect(await allVlans(node)).toEqual({
      vlanbr0: ['1 PVID Egress Untagged'],
      port0: ['1 PVID Egress Untagged'],
      [interfaces[1].name]: ['100 PVID Egress Untagged'],
    });
  });

  test('is not changed to filter VLANs while a port is on no VLAN', async () => {
    await ip(
      node,
      'link add vlanbr0 up type bridge vlan_filtering 0 vlan_default_pvid 0',
      'link add port0 up master vlanbr0 type veth peer name peer0',
    );
    const pod = await createPod(node);
    const before = await Promise.all([kernelState(node), kernelState(pod.netns)]);
    expect(await refusal('ADD', pod, networkConf({ vlan: 100, vlanFiltering: 'enable' }))).toMatchObject({
      code: 101,
      msg: expect.stringContaining(
        'port "port0" is on no VLAN, so "vlanFiltering": "enable" would cut this port off',
      ),
    });
    expect(await Promise.all([kernelState(node), kernelState(pod.netns)])).toEqual(before);
  });

  test('does not filter after an ADD that enabled filtering and then failed', async () => {
    await ip(
      node,
      'link add vlanbr0 up type bridge vlan_filtering 0 vlan_default_pvid 1',
      'link add port0 up master vlanbr0 type veth peer name peer0',
    );
    const pod = await createPod(node);
    const before = await Promise.all([kernelState(node), kernelState(pod.netns)]);
    const routes = [{ dst: '10.99.0.0/16', gw: '172.16.0.1' }];
    const ipam = staticIpam(['10.20.1.11/24'], { routes });
    const conf = networkConf({ vlan: 100, vlanFiltering: 'enable', ipam });
    expect(await refusal('ADD', pod, conf)).toMatchObject({ code: 100 });
    expect(await Promise.all([kernelState(node), kernelState(pod.netns)])).toEqual(before);
  });
});

test('refuses a link that is not a bridge', async () => {
  await ip(node, 'link add vlanbr0 type veth peer name other0');
  const pod = await createPod(node);
  const before = await kernelState(node);
  expect(await refusal('ADD', pod, networkConf({ vlan: 100 }))).toEqual({
    cniVersion: '1.0.0',
    code: 101,
    msg: '"vlanbr0" is not a bridge (it is a veth link); name another bridge in "bridge"',
  });
  expect(await kernelState(node)).toEqual(before);
});

test('uses bridge cni0 when the configuration has none', async () => {
  const pod = await createPod(node);
  const { bridge: _bridge, ...conf } = networkConf({ vlan: 100 });
  const { interfaces } = await add(pod, conf);
  expect(await portVlans(node, interfaces[1].name)).toEqual(['100 PVID Egress Untagged']);
  expect(await showLink(node, interfaces[1].name)).toMatchObject({ master: 'cni0' });
});
