import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { linkNames } from '../../helpers/links.ts';
import { fileCleanup, ip, type Netns } from '../../helpers/netns.ts';
import { createPod, type Pod, refusal } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { createTrunk, keptFiles, trunkConf } from '../../helpers/trunk.ts';

requireVlanFiltering();
const cleanup = fileCleanup();
const CUT_OFF =
  'as a port of the bridge it would cut the node off; use another NIC, or move the address to the bridge first';
const NOT_TAKEN =
  'the kernel refuses a wireless link, a tunnel and the lower link of a macvlan; use another NIC';
const TAKEN =
  'VLAN device "trunk0.100" takes the frames of VLAN 100 from "trunk0" before the bridge sees them; delete it with "ip link del trunk0.100"';

/** Commands that set up the node beside a bare trunk0, commands that undo them, the configuration's keys, and the error. */
type Case = readonly [
  name: string,
  setUp: readonly string[],
  takeDown: readonly string[],
  keys: object,
  msg: string,
];

const refused: readonly Case[] = [
  ['does not exist', [], [], { uplink: 'nope' }, 'uplink "nope" does not exist'],
  [
    'is the loopback',
    [],
    [],
    { uplink: 'lo' },
    'uplink "lo" is the loopback link; name the NIC, or the bond, that leads to the switch',
  ],
  [
    'is a bridge',
    ['link add br9 type bridge'],
    ['link del br9'],
    { uplink: 'br9' },
    'uplink "br9" is itself a bridge; name the NIC, or the bond, that leads to the switch',
  ],
  [
    'is in another bridge',
    ['link add br9 type bridge', 'link set trunk0 master br9'],
    ['link del br9'],
    {},
    'uplink "trunk0" is in bridge "br9" already; take it out with "ip link set trunk0 nomaster"',
  ],
  [
    'is in a bond that is in another bridge',
    [
      'link add br9 type bridge',
      'link add bond0 type bond mode active-backup',
      'link set trunk0 master bond0',
      'link set bond0 master br9',
    ],
    ['link del bond0', 'link del br9'],
    {},
    'uplink "bond0" is in bridge "br9" already; take it out with "ip link set bond0 nomaster"',
  ],
  [
    'has an IPv4 address',
    ['address add 192.0.2.5/24 dev trunk0'],
    ['address del 192.0.2.5/24 dev trunk0'],
    {},
    `uplink "trunk0" has the address "192.0.2.5/24" of the node: ${CUT_OFF}`,
  ],
  [
    'has an IPv6 address',
    ['link set trunk0 up', 'address add 2001:db8::5/64 dev trunk0 nodad'],
    ['link set trunk0 down'],
    {},
    `uplink "trunk0" has the address "2001:db8::5/64" of the node: ${CUT_OFF}`,
  ],
  [
    'has the IPv4 default route',
    ['link set trunk0 up', 'route add default dev trunk0'],
    ['link set trunk0 down'],
    {},
    `uplink "trunk0" carries the default route of the node: ${CUT_OFF}`,
  ],
  [
    'has the IPv6 default route',
    ['link set trunk0 up', 'route add ::/0 dev trunk0'],
    ['link set trunk0 down'],
    {},
    `uplink "trunk0" carries the default route of the node: ${CUT_OFF}`,
  ],
  [
    'loses the VLAN to a VLAN device',
    ['link add link trunk0 name trunk0.100 type vlan id 100'],
    ['link del trunk0.100'],
    {},
    TAKEN,
  ],
  [
    'loses a VLAN of the list to a VLAN device',
    ['link add link trunk0 name storage type vlan id 150'],
    ['link del storage'],
    { uplink: { link: 'trunk0', vids: ['100-200'] } },
    TAKEN.replace('VLAN 100', 'VLAN 150').replaceAll('trunk0.100', 'storage'),
  ],
  [
    'has a smaller MTU than the configuration',
    [],
    [],
    { mtu: 1501 },
    'uplink "trunk0" has MTU 1500, less than the 1501 of the configuration; raise it, or lower "mtu"',
  ],
  [
    'is a tunnel without Ethernet',
    ['link add wg0 type wireguard'],
    ['link del wg0'],
    { uplink: 'wg0' },
    `uplink "wg0" cannot be a port of bridge "vlanbr0" (EINVAL): ${NOT_TAKEN}`,
  ],
  [
    'has a macvlan on it',
    ['link add link trunk0 name mv0 type macvlan'],
    ['link del mv0'],
    {},
    `uplink "trunk0" cannot be a port of bridge "vlanbr0" (EBUSY): ${NOT_TAKEN}`,
  ],
];

describe('ADD refuses an uplink and changes nothing when it', () => {
  let node: Netns;
  let pod: Pod;

  beforeAll(async () => {
    ({ node } = await createTrunk({ cleanup }));
    pod = await createPod(node, cleanup);
  });

  test.each(refused)('%s', async (_name, setUp, takeDown, keys, msg) => {
    await ip(node, ...setUp);
    onTestFinished(() => ip(node, ...takeDown));
    const before = await kernelState(node);
    expect(await refusal('ADD', pod, trunkConf(100, keys))).toMatchObject({ code: 105, msg });
    expect(await kernelState(node)).toEqual(before);
    expect(await linkNames(pod.netns)).toEqual([]);
    expect(keptFiles(node)).toEqual([]);
  });

  test.each<Case>([
    ['the uplink is missing', [], [], { uplink: 'nope' }, 'uplink "nope" does not exist'],
    [
      'a VLAN device takes the frames',
      ['link add link trunk0 name trunk0.100 type vlan id 100'],
      ['link del trunk0.100'],
      {},
      TAKEN,
    ],
    [
      'the bridge delays new ports',
      ['link add vlanbr0 up type bridge vlan_filtering 1 stp_state 1 forward_delay 400'],
      ['link del vlanbr0'],
      {},
      'bridge "vlanbr0" runs the spanning tree protocol and delays new ports by 8 s',
    ],
  ])('STATUS says so too when %s', async (_reason, setUp, takeDown, keys, msg) => {
    await ip(node, ...setUp);
    onTestFinished(() => ip(node, ...takeDown));
    const conf = trunkConf(100, { cniVersion: '1.1.0', ...keys });
    expect(await refusal('STATUS', pod, conf)).toMatchObject({ code: 50, msg });
  });
});
