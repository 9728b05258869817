import { beforeEach, describe, expect, test } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import {
  allVlans,
  linkAddresses,
  linkNames,
  portVlans,
  type ShownLink,
  showLink,
} from '../../helpers/links.ts';
import { bridgeJson, createNetns, ip, ipJson, type Netns } from '../../helpers/netns.ts';
import { add, check, createPod, del, networkConf, type Pod, refusal, staticIpam } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { pings, resolves } from '../../helpers/traffic.ts';
import { countLinksMade } from '../links-made.ts';

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
    ['made by ADD', ''],
    [
      'with a default VLAN for its ports',
      'link add vlanbr0 up type bridge vlan_filtering 1 vlan_default_pvid 1',
    ],
  ])("puts the gateway's port on exactly its VLAN on a bridge %s", async (_case, line) => {
    if (line !== '') await ip(node, line);
    await add(pod, conf);
    const port = await gatewayPort();
    expect(port).toMatchObject({ master: 'vlanbr0', ifalias: `vlan-bridge: port of gateway ${NAME}` });
    expect(await portVlans(node, port.ifname)).toEqual(access);
  });

  test('keeps the gateways of two VLANs on one bridge apart', async () => {
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

  test('fails before any change when the name of the link would be too long', async () => {
    const refused = () => refusal('ADD', pod, { ...conf, bridge: 'longbridge01', vlan: 1000 });
    expect(await countLinksMade(node, refused)).toMatchObject({
      result: {
        code: 7,
        msg: 'invalid network configuration: bridge: "longbridge01": is too long a name: the gateway link of VLAN 1000 would be "longbridge01.1000", and 15 bytes are the limit',
      },
      linksMade: 0,
    });
  });
});

describe('ADD refuses, and does not change, a foreign link with the name of the gateway:', () => {
  const port = (vlan: number) => [
    `link add ${NAME} up type veth peer name theirs0`,
    'link set theirs0 up master vlanbr0',
    `vlan add vid ${vlan} dev theirs0 pvid untagged`,
  ];
  test.each([
    ['a device of kind vlan', [`link add ${NAME} up link vlanbr0 type vlan id 100`], 'is a vlan link'],
    ['a dummy', [`link add ${NAME} up type dummy`], 'is a dummy link'],
    [
      'a veth into another bridge',
      [
        'link add other0 up type bridge vlan_filtering 1',
        ...port(100).map((line) =>
          line.replace('vlanbr0 ', 'other0 ').replace('master vlanbr0', 'master other0'),
        ),
      ],
      'is not a veth into bridge "vlanbr0"',
    ],
    ['a veth on another VLAN', port(200), 'is not on VLAN 100 untagged'],
    ['one that is down', [...port(100), `link set ${NAME} down`], 'is down'],
  ])('%s', async (_case, lines, problem) => {
    await ip(node, 'link add vlanbr0 address 02:00:00:00:00:99 up type bridge vlan_filtering 1');
    await configure(lines);
    const before = await kernelState(node);
    expect(await refusal('ADD', pod, conf)).toEqual({
      cniVersion: '1.0.0',
      code: 101,
      msg: `"${NAME}" exists but ${problem}, so it cannot be the gateway of VLAN 100; delete or rename it`,
    });
    expect(await kernelState(node)).toEqual(before);
  });

  test('a veth whose peer in another network namespace has the ifindex of a port of the bridge', async () => {
    const [, port] = (await add(pod, networkConf({ vlan: 100 }))).interfaces;
    const { ifindex } = await showLink(node, port.name);
    const elsewhere = await createNetns('elsewhere');
    await ip(node, `link add ${NAME} type veth peer name far0 index ${ifindex} netns ${elsewhere.name}`);
    await ip(elsewhere, 'link set far0 up');
    await ip(node, `link set ${NAME} up`);
    const other = await createPod(node);
    expect(await refusal('ADD', other, gateway(['10.20.1.12/24']))).toMatchObject({
      code: 101,
      msg: expect.stringContaining(`"${NAME}" exists but is not a veth into bridge "vlanbr0"`),
    });
  });

  test('but uses a foreign link that works', async () => {
    await ip(node, 'link add vlanbr0 address 02:00:00:00:00:99 up type bridge vlan_filtering 1');
    await configure(port(100));
    const result = await add(pod, conf);
    expect(result.interfaces.slice(3)).toMatchObject([{ name: NAME }]);
    expect(await pings(pod.netns, '10.20.1.1')).toBe(true);
  });
});

describe('CHECK finds a damaged gateway, and the next ADD repairs it:', () => {
  test.each([
    ['its link is down', () => ip(node, `link set ${NAME} down`), 'is down'],
    ['its port is down', async () => ip(node, `link set ${(await gatewayPort()).ifname} down`), 'is down'],
    [
      'its port is not on the VLAN',
      async () => configure([`vlan del vid 100 dev ${(await gatewayPort()).ifname}`]),
      'is not on VLAN 100 untagged',
    ],
    [
      'its port is not in the bridge',
      async () => ip(node, `link set ${(await gatewayPort()).ifname} nomaster`),
      'is not a veth into bridge "vlanbr0"',
    ],
  ])('%s', async (_case, damage, problem) => {
    const other = await createPod(node);
    const wanted = gateway(['10.20.1.11/24']);
    const prevResult = await add(pod, wanted);
    await damage();
    const { code, msg } = await refusal('CHECK', pod, { ...wanted, prevResult });
    expect({ code, findings: msg.split('; ') }).toEqual({
      code: 103,
      findings: [`gateway link "${NAME}" ${problem}`],
    });
    await add(other, gateway(['10.20.1.12/24']));
    await check(pod, wanted, prevResult);
    expect(await portVlans(node, (await gatewayPort()).ifname)).toEqual(access);
    expect(await pings(pod.netns, '10.20.1.1')).toBe(true);
  });

  test('it was deleted', async () => {
    const wanted = gateway(['10.20.1.11/24']);
    const prevResult = await add(pod, wanted);
    await ip(node, `link del ${NAME}`);
    expect(await refusal('CHECK', pod, { ...wanted, prevResult })).toMatchObject({
      code: 103,
      msg: `gateway link "${NAME}" does not exist`,
    });
  });

  test('a gateway that was down keeps its addresses in other subnets', async () => {
    await add(pod, gateway(['10.20.7.11/24']));
    await ip(node, `link set ${NAME} down`);
    await add(await createPod(node), gateway(['10.20.1.12/24']));
    expect(await linkAddresses(node, NAME)).toEqual(['10.20.7.1/24', '10.20.1.1/24']);
  });
});

function states() {
  return Promise.all([kernelState(node), kernelState(pod.netns)]);
}

/** The other end of the gateway's pair: in one network namespace a veth shows its peer's name. */
async function gatewayPort(): Promise<ShownLink> {
  const [gateway] = await ipJson<{ readonly link: string }>(node, 'link', 'show', 'dev', NAME);
  return showLink(node, gateway?.link ?? '');
}

/** Lines of `ip`, and those about VLANs, of `bridge`. */
async function configure(lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    if (line.startsWith('vlan ')) await bridgeJson(node, ...line.split(' '));
    else await ip(node, line);
  }
}
