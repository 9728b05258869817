import { describe, expect, test } from 'vitest';
import { allVlans, linkNames, portVlans, showHostEnd, showLink } from '../../helpers/links.ts';
import { exec, ip } from '../../helpers/netns.ts';
import { add, createPod, del, networkConf, staticIpam } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { capture, pings } from '../../helpers/traffic.ts';
import {
  addStation,
  createNode,
  createPods,
  createTrunk,
  keptFiles,
  trunkConf,
} from '../../helpers/trunk.ts';

requireVlanFiltering();

const onVlan = (vid: number, address: string) => trunkConf(vid, { ipam: staticIpam([`${address}/24`]) });

test('opens a VLAN on a bare NIC for its first pod, and closes it after the last one', async () => {
  const { node, wire } = await createTrunk();
  await addStation(wire, 100, '10.20.1.1/24');
  const [first, second, offWire] = await createPods(node, 3);
  await add(first, onVlan(100, '10.20.1.11'));
  await add(offWire, networkConf({ vlan: 300, ipam: staticIpam(['10.20.1.13/24']) }));
  expect(await portVlans(node, 'trunk0')).toEqual(['100']);
  expect(await showLink(node, 'trunk0')).toMatchObject({
    master: 'vlanbr0',
    flags: expect.arrayContaining(['UP']),
  });

  const frames = await capture(wire, 'port0', 'vlan and (arp or icmp)');
  expect(await pings(offWire.netns, '10.20.1.1')).toBe(false);
  expect(await pings(first.netns, '10.20.1.1')).toBe(true);
  const lines = await frames.until(/10\.20\.1\.1 > 10\.20\.1\.11: ICMP echo reply/);
  expect(
    lines.filter((line) => /ethertype 802\.1Q \(0x8100\).* vlan 100,.* ICMP echo/.test(line)),
  ).toHaveLength(2);
  expect(lines.join('\n')).not.toContain('10.20.1.13');

  await add(second, onVlan(100, '10.20.1.12'));
  await del(first, trunkConf(100));
  expect(await portVlans(node, 'trunk0')).toEqual(['100']);
  expect(await pings(second.netns, '10.20.1.1')).toBe(true);
  await del(second, trunkConf(100));
  expect(await portVlans(node, 'trunk0')).toEqual([]);
  expect(keptFiles(node)).toEqual([]);
});

test('keeps a VLAN open while one of the networks that share it has a pod', async () => {
  const { node } = await createTrunk();
  const [first, second, third] = await createPods(node, 3);
  const trunk = trunkConf(100, { name: 'trunk', vlanTrunk: [{ minID: 200, maxID: 210 }] });
  await add(first, trunk);
  await add(second, trunkConf(205));
  await add(third, trunkConf(300));
  expect(await portVlans(node, 'trunk0')).toEqual(['100', '200-210', '300']);
  // A runtime may call DEL with only these keys of the configuration.
  await del(first, { cniVersion: '1.0.0', name: 'trunk', type: 'vlan-bridge' });
  expect(await portVlans(node, 'trunk0')).toEqual(['205', '300']);
  await del(second, trunkConf(205));
  await del(third, trunkConf(300));
  expect(await portVlans(node, 'trunk0')).toEqual([]);
});

describe('VLANs of a list are opened once and stay open', () => {
  test.each([
    ['all', ['1-4094']],
    [
      [100, '200-210'],
      ['100', '200-210'],
    ],
  ])('%j', async (vids, opened) => {
    const { node } = await createTrunk();
    const [attached, listed] = await createPods(node, 2);
    const conf = trunkConf(100, { name: 'listed', uplink: { link: 'trunk0', vids } });
    // A VLAN opened for a pod belongs to the list from now on.
    await add(attached, trunkConf(100));
    await add(listed, conf);
    expect(await portVlans(node, 'trunk0')).toEqual(opened);
    await del(attached, trunkConf(100));
    await del(listed, conf);
    expect(await portVlans(node, 'trunk0')).toEqual(opened);
    expect(keptFiles(node)).toEqual([]);
  });
});

describe('address and MTU', () => {
  test('a new bridge keeps those of the uplink when other ports join', async () => {
    const { node } = await createTrunk({ mtu: 9000 });
    const { address } = await showLink(node, 'trunk0');
    const [small, pod] = await createPods(node, 2);
    await add(small, trunkConf(100, { mtu: 1400 }));
    await ip(
      node,
      'link add port9 mtu 1300 address 00:00:00:00:00:09 up master vlanbr0 type veth peer name peer9',
    );
    expect(await showLink(node, 'vlanbr0')).toMatchObject({ address, mtu: 9000 });
    const { interfaces } = await add(pod, trunkConf(100));
    const mtus = await Promise.all([showLink(small.netns, 'net1'), showLink(pod.netns, 'net1')]);
    expect(mtus.map(({ mtu }) => mtu)).toEqual([1400, 9000]);
    expect(interfaces[0]).toEqual({ name: 'vlanbr0', mac: address });
  });

  test.each([
    [9000, 9000],
    [1400, 1400],
  ])('on a trunk of %i bytes the largest packet goes from end to end', async (mtu, size) => {
    const { node, wire } = await createTrunk({ mtu });
    await addStation(wire, 100, '10.20.1.1/24');
    const pod = await createPod(node);
    await add(pod, onVlan(100, '10.20.1.11'));
    expect((await showHostEnd(node, pod.netns)).mtu).toBe(mtu);
    // ping counts neither the 20 bytes of IPv4 nor the 8 of ICMP.
    await exec(pod.netns, 'ping', [
      '-n',
      '-c',
      '1',
      '-W',
      '5',
      '-M',
      'do',
      '-s',
      `${size - 28}`,
      '10.20.1.1',
    ]);
  });
});

test('adds the bond of an uplink to the bridge, and frames pass through it', async () => {
  const { node, wire } = await createTrunk();
  await ip(
    node,
    'link add bond0 type bond mode active-backup miimon 100',
    `link add slave1 type veth peer name port1 netns ${wire.name}`,
    'link set trunk0 master bond0',
    'link set slave1 master bond0',
    'link set bond0 up',
  );
  await ip(wire, 'link set port1 up');
  await addStation(wire, 100, '10.20.1.1/24');
  const pod = await createPod(node);
  const conf = onVlan(100, '10.20.1.11');
  await add(pod, { ...conf, uplink: 'slave1' });
  expect(await showLink(node, 'bond0')).toMatchObject({ master: 'vlanbr0' });
  expect(await showLink(node, 'trunk0')).toMatchObject({ master: 'bond0' });
  expect(await portVlans(node, 'bond0')).toEqual(['100']);
  await ip(node, 'link set bond0 type bond active_slave trunk0');
  expect(await pings(pod.netns, '10.20.1.1')).toBe(true);
  await del(pod, conf);
  expect(await allVlans(node)).toEqual({});
});

test('a VLAN device on a VLAN without pods keeps working', async () => {
  const { node, wire } = await createTrunk();
  await addStation(wire, 50, '10.50.0.1/24');
  await ip(
    node,
    'link set trunk0 up',
    'link add link trunk0 name trunk0.50 up type vlan id 50',
    'address add 10.50.0.2/24 dev trunk0.50',
  );
  const pod = await createPod(node);
  await add(pod, trunkConf(100));
  expect(await pings(node, '10.50.0.1')).toBe(true);
});

test('two uplinks of one bridge are on the VLANs of their own networks', async () => {
  const node = await createNode();
  for (const name of ['trunk0', 'trunk1']) await ip(node, `link add ${name} type dummy`);
  const [first, second] = await createPods(node, 2);
  await add(first, trunkConf(100));
  await add(second, trunkConf(200, { uplink: 'trunk1' }));
  expect(await portVlans(node, 'trunk0')).toEqual(['100']);
  expect(await portVlans(node, 'trunk1')).toEqual(['200']);
  await del(first, trunkConf(100));
  await del(second, trunkConf(200));
  expect(await allVlans(node)).toEqual({});
  expect(await linkNames(node)).toEqual(['trunk0', 'trunk1', 'vlanbr0']);
});
