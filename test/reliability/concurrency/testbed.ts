import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cleanup, ip, type Netns } from '../../helpers/netns.ts';
import { call, createPod, NO_ATTACHMENT, networkConf, type Pod, staticIpam } from '../../helpers/pod.ts';
import type { PluginCall, PluginOutput } from '../../helpers/run-plugin.ts';
import { createNode } from '../../helpers/trunk.ts';

/** A network of the schedules. */
export type Network = {
  readonly name: string;
  readonly bridge: string;
  /** What its interface is called in every pod. */
  readonly ifname: string;
  /** What the pod of that number has; none where IPAM chooses. */
  readonly addresses: (pod: number) => readonly string[];
  /** The configuration's keys beside network, bridge and addresses. */
  readonly keys: object;
};

/** An attachment of the schedules: the pod's number and the network. */
export type Target = { readonly pod: number; readonly network: Network };

/** A node with its bridges and pods. */
export type Testbed = {
  readonly node: Netns;
  readonly pods: readonly Pod[];
  /** Where host-local keeps the addresses that are taken. */
  readonly leases: string;
};

export const POD_COUNT = 3;
export const CNI_PATH = '/usr/lib/cni';

/** Two share a bridge, and of these one its gateway and its masquerade rules; the third has its addresses from a delegate. */
export const NETWORKS: readonly [Network, Network, Network] = [
  {
    name: 'blue',
    bridge: 'plain0',
    ifname: 'net1',
    addresses: (pod) => [`10.20.1.${11 + pod}/24`, `fd00:20::${11 + pod}/64`],
    keys: {},
  },
  {
    name: 'green',
    bridge: 'plain0',
    ifname: 'net2',
    addresses: (pod) => [`10.20.2.${11 + pod}/24`],
    keys: { isGateway: true, ipMasq: true },
  },
  // The version that the host-local of distributions speaks, which has no GC and no STATUS.
  { name: 'amber', bridge: 'plain1', ifname: 'net3', addresses: () => [], keys: { cniVersion: '1.0.0' } },
];

/** The networks of version 1.1.0. */
export const COLLECTED = [NETWORKS[0], NETWORKS[1]] as const;

export const BRIDGES = ['plain0', 'plain1'] as const;

/** All attachments that there can be. */
export const TARGETS: readonly Target[] = NETWORKS.flatMap((network) =>
  Array.from({ length: POD_COUNT }, (_, pod) => ({ pod, network })),
);

/** Makes the bridges, which no plugin may take for its own, and pods without attachments. */
export async function createTestbed(cleanup: Cleanup): Promise<Testbed> {
  const node = await createNode(cleanup);
  await ip(node, ...BRIDGES.map((bridge) => `link add ${bridge} up type bridge`));
  const pods = await Promise.all(Array.from({ length: POD_COUNT }, () => createPod(node, cleanup)));
  const leases = mkdtempSync(join(tmpdir(), 'vlan-bridge-leases-'));
  cleanup(async () => rmSync(leases, { recursive: true }));
  return { node, pods, leases };
}

/** The network's configuration for a pod. */
export function confOf({ leases }: Testbed, { pod, network }: Target) {
  const { name, bridge, keys } = network;
  const addresses = network.addresses(pod);
  const hostLocal = { type: 'host-local', dataDir: leases, subnet: '10.20.3.0/24' };
  const ipam = addresses.length === 0 ? hostLocal : staticIpam(addresses);
  return networkConf({ cniVersion: '1.1.0', name, bridge, ipam, ...keys });
}

/** Calls the plugin about the attachment, whatever comes of it. */
export function callAbout(
  testbed: Testbed,
  target: Target,
  { verb, keys = {}, ...more }: { verb: string; keys?: object } & Pick<PluginCall, 'by' | 'timeoutMs'>,
): Promise<PluginOutput> {
  const { ifname } = target.network;
  const config = { ...confOf(testbed, target), ...keys };
  return call(verb, podOf(testbed, target), config, { ifname, path: CNI_PATH, ...more });
}

/** Calls the plugin about the whole network, as for GC and STATUS. */
export function callAboutNetwork(
  testbed: Testbed,
  network: Network,
  { verb, keys = {} }: { verb: 'GC' | 'STATUS'; keys?: object },
): Promise<PluginOutput> {
  const pod = podOf(testbed, { pod: 0, network });
  return call(
    verb,
    pod,
    { ...confOf(testbed, { pod: 0, network }), ...keys },
    { path: CNI_PATH, env: NO_ATTACHMENT },
  );
}

/** The key of GC that names the attachments which are to stay. */
export function validAttachments(testbed: Testbed, targets: readonly Target[]) {
  const valid = targets.map((target) => ({
    containerID: podOf(testbed, target).containerId,
    ifname: target.network.ifname,
  }));
  return { 'cni.dev/valid-attachments': valid };
}

export function podOf({ pods }: Testbed, { pod }: Target): Pod {
  const found = pods[pod];
  if (found === undefined) throw new Error(`there is no pod number ${pod}`);
  return found;
}
