import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type KernelState, kernelState } from '../../helpers/kernel-state.ts';
import { allVlans, linkAddresses, showHostEnd } from '../../helpers/links.ts';
import { createNetns, fileCleanup, ip, type Netns } from '../../helpers/netns.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { executable } from '../../helpers/run-executable.ts';
import { resolves } from '../../helpers/traffic.ts';
import { type Container, type Containerd, startContainerd } from './containerd.ts';

requireVlanFiltering();

const cleanup = fileCleanup();
const dataDir = '/run/containerd-leases';

let node: Netns;
let before: KernelState;
let containerd: Containerd;
let containers: readonly [blue: Container, alsoBlue: Container, green: Container];

/** A network on a VLAN. All networks have the same subnet, so only the VLANs separate them. */
function network(name: string, vlan: number, first: string, last: string) {
  const ranges = [[{ subnet: '10.20.1.0/24', rangeStart: first, rangeEnd: last }]];
  const ipam = { type: 'host-local', dataDir, ranges };
  const plugin = { type: 'vlan-bridge', bridge: 'vlanbr0', vlan, ipam };
  return { cniVersion: '1.0.0', name, plugins: [plugin] };
}

beforeAll(async () => {
  node = await createNetns('node', cleanup);
  await ip(
    node,
    'link add vlanbr0 address 02:00:00:00:00:99 up type bridge vlan_filtering 1 vlan_default_pvid 0',
  );
  before = await kernelState(node);
  containerd = await startContainerd(node, [executable(), '/usr/lib/cni/host-local'], cleanup);
  const blue = network('blue', 100, '10.20.1.11', '10.20.1.12');
  const green = network('green', 200, '10.20.1.21', '10.20.1.21');
  containers = await Promise.all([
    containerd.start('one', blue),
    containerd.start('two', blue),
    containerd.start('three', green),
  ]);
}, 240_000);

/** The container's address without its prefix length. */
async function addressOf({ netns }: Container): Promise<string> {
  const [address = ''] = await linkAddresses(netns, 'eth0');
  return address.replace(/\/24$/, '');
}

/** Whether the other container answers a ping from inside the container. */
async function reaches(from: Container, to: Container): Promise<boolean> {
  const command = `ping -c 1 -W 2 ${await addressOf(to)} >/dev/null && echo yes || echo no`;
  const words = ['task', 'exec', '--exec-id', `to-${to.name}`, from.name, 'sh', '-c', command];
  return (await containerd.ctr(...words)) === 'yes';
}

describe('containers that containerd attaches by /etc/cni/net.d', () => {
  test('have their addresses, and ports that are only on their VLAN', async () => {
    const ends = await Promise.all(containers.map(({ netns }) => showHostEnd(node, netns, 'eth0')));
    const [one = '', two = '', three = ''] = ends.map(({ ifname }) => ifname);
    expect(await allVlans(node)).toEqual({
      [one]: ['100 PVID Egress Untagged'],
      [two]: ['100 PVID Egress Untagged'],
      [three]: ['200 PVID Egress Untagged'],
    });
    const [first, second, third] = await Promise.all(containers.map(addressOf));
    expect([first, second].sort()).toEqual(['10.20.1.11', '10.20.1.12']);
    expect(third).toBe('10.20.1.21');
  });

  test('ping each other on one VLAN', async () => {
    const [one, two] = containers;
    expect(await Promise.all([reaches(one, two), reaches(two, one)])).toEqual([true, true]);
  });

  test('do not reach each other across VLANs', async () => {
    const [one, , three] = containers;
    expect(await Promise.all([reaches(one, three), reaches(three, one)])).toEqual([false, false]);
    expect(await resolves(one.netns, 'eth0', '10.20.1.21')).toBe(false);
  });

  test('leave nothing on the node when they are stopped', async () => {
    const said = await Promise.all(containers.map(({ stop }) => stop()));
    expect(said.join('')).not.toMatch(/error/i);
    expect(await kernelState(node)).toEqual(before);
    const leases = ['blue', 'green'].flatMap((name) => readdirSync(`${dataDir}/${name}`));
    expect(leases.filter((name) => name.startsWith('10.'))).toEqual([]);
  });
});
