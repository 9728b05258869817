import { readdirSync, rmSync, statSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { showLink } from './links.ts';
import { type Cleanup, createNetns, ip, type Netns } from './netns.ts';
import { createPod, networkConf, type Pod, staticIpam } from './pod.ts';

/** A node with an unconfigured NIC, `trunk0`, whose cable ends at `port0` of `wire`. */
export type Trunk = { readonly node: Netns; readonly wire: Netns };

const RUN_DIRECTORY = '/run/vlan-bridge';

/** Creates both; `trunk0` is down, as an unconfigured NIC is. */
export async function createTrunk({
  mtu = 1500,
  cleanup = onTestFinished,
}: {
  mtu?: number;
  cleanup?: Cleanup;
} = {}): Promise<Trunk> {
  const node = await createNode(cleanup);
  const wire = await createNetns('wire', cleanup);
  await ip(wire, `link add port0 mtu ${mtu} up type veth peer name trunk0 mtu ${mtu} netns ${node.name}`);
  return { node, wire };
}

/** A network namespace whose files in /run are removed before and after: the kernel reuses inode numbers, which the names begin with. */
export async function createNode(cleanup: Cleanup = onTestFinished): Promise<Netns> {
  const node = await createNetns('node', cleanup);
  const forget = (): void => {
    for (const name of runFiles(node)) rmSync(`${RUN_DIRECTORY}/${name}`);
  };
  forget();
  cleanup(async () => forget());
  return node;
}

type Pods<N extends number, Some extends Pod[] = []> = Some['length'] extends N
  ? Some
  : Pods<N, [...Some, Pod]>;

/** Creates `count` containers on a node. */
export async function createPods<const N extends number>(node: Netns, count: N): Promise<Pods<N>> {
  return (await Promise.all(Array.from({ length: count }, () => createPod(node)))) as Pods<N>;
}

/** Adds a machine on a VLAN at the other end of the cable. */
export async function addStation(wire: Netns, vid: number, address: string): Promise<void> {
  const { mtu } = await showLink(wire, 'port0');
  await ip(
    wire,
    `link add link port0 name port0.${vid} mtu ${mtu} up type vlan id ${vid}`,
    `address add ${address} dev port0.${vid}`,
  );
}

/** Configuration of network `vlan-VID` with uplink `trunk0`. */
export function trunkConf(vlan: number, keys: object = {}) {
  return networkConf({ name: `vlan-${vlan}`, vlan, uplink: 'trunk0', ...keys });
}

/** An `ipam` key with which ADD fails at its last step: the kernel refuses a route whose gateway is on no subnet of the pod. */
export function failingIpam(address: string) {
  return staticIpam([address], { routes: [{ dst: '10.99.0.0/16', gw: '172.16.0.1' }] });
}

/** The path of the plugin's record of an uplink, which exists while the plugin has VLANs to close. */
export async function recordOf(node: Netns, uplink = 'trunk0'): Promise<string> {
  const { ifindex } = await showLink(node, uplink);
  return `${RUN_DIRECTORY}/${statSync(node.path).ino}-${ifindex}.uplink`;
}

/** The names of the plugin's files about a node, without its locks. */
export function keptFiles(node: Netns): string[] {
  return runFiles(node).filter((name) => !/\.(lock|turn)$/.test(name));
}

/** The names of the marks of ADDs that are running or were killed. */
export function marks(node: Netns): string[] {
  return keptFiles(node).filter((name) => name.endsWith('.attaching'));
}

function runFiles({ path }: Netns): string[] {
  const prefix = `${statSync(path).ino}-`;
  try {
    return readdirSync(RUN_DIRECTORY).filter((name) => name.startsWith(prefix));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
