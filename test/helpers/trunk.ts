import { readdirSync, rmSync, statSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { showLink } from './links.ts';
import { type Cleanup, createNetns, ip, type Netns } from './netns.ts';
import { createPod, networkConf, type Pod, staticIpam } from './pod.ts';

/** A node with a bare NIC, `trunk0`, and what is at the other end of its cable, `port0` of `wire`. */
export type Trunk = { readonly node: Netns; readonly wire: Netns };

const RUN_DIRECTORY = '/run/vlan-bridge';

/** Makes both; `trunk0` is down, as a NIC is that nobody has set up. */
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

/** A network namespace whose run files go with it: the kernel gives its inode number to the next one, as it may have been given. */
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

/** So many containers on a node. */
export async function createPods<const N extends number>(node: Netns, count: N): Promise<Pods<N>> {
  return (await Promise.all(Array.from({ length: count }, () => createPod(node)))) as Pods<N>;
}

/** Puts a machine on a VLAN at the other end of the cable. */
export async function addStation(wire: Netns, vid: number, address: string): Promise<void> {
  const { mtu } = await showLink(wire, 'port0');
  await ip(
    wire,
    `link add link port0 name port0.${vid} mtu ${mtu} up type vlan id ${vid}`,
    `address add ${address} dev port0.${vid}`,
  );
}

/** Network `vlan-VID` by way of `trunk0`. */
export function trunkConf(vlan: number, keys: object = {}) {
  return networkConf({ name: `vlan-${vlan}`, vlan, uplink: 'trunk0', ...keys });
}

/** The `ipam` key of a pod whose ADD fails when everything else is in place: the gateway is on no subnet of it. */
export function failingIpam(address: string) {
  return staticIpam([address], { routes: [{ dst: '10.99.0.0/16', gw: '172.16.0.1' }] });
}

/** What the plugin keeps about an uplink while it has VLANs to close: the path of the file. */
export async function recordOf(node: Netns, uplink = 'trunk0'): Promise<string> {
  const { ifindex } = await showLink(node, uplink);
  return `${RUN_DIRECTORY}/${statSync(node.path).ino}-${ifindex}.uplink`;
}

/** The names of the files that the plugin keeps about a node, but for its locks. */
export function keptFiles(node: Netns): string[] {
  return runFiles(node).filter((name) => !/\.(lock|turn)$/.test(name));
}

/** Of these the marks of ADDs that are at work, or were killed. */
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
