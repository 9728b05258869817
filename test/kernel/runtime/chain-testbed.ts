import { kernelState } from '../../helpers/kernel-state.ts';
import { type Cleanup, createNetns, ip, type Netns } from '../../helpers/netns.ts';
import { networkConf, staticIpam } from '../../helpers/pod.ts';

/** Creates a node with a bridge, and a machine behind the node, 192.0.2.2. */
export async function createTestbed(
  cleanup: Cleanup,
): Promise<{ readonly node: Netns; readonly outside: Netns }> {
  const node = await createNetns('node', cleanup);
  const outside = await createNetns('outside', cleanup);
  await ip(
    node,
    'link add vlanbr0 address 02:00:00:00:00:99 up type bridge',
    `link add uplink0 up type veth peer name eth0 netns ${outside.name}`,
    'address add 192.0.2.1/24 dev uplink0',
  );
  await ip(
    outside,
    'address add 192.0.2.2/24 dev eth0',
    'link set eth0 up',
    'route add default via 192.0.2.1',
  );
  return { node, outside };
}

/** This plugin's configuration, with addresses that the node routes. */
export function ours(...addresses: readonly string[]) {
  const { type, bridge } = networkConf();
  return { type, bridge, isDefaultGateway: true, ipam: staticIpam(addresses) };
}

/** The state of the node without packet filter counters. */
export async function nodeState(node: Netns): Promise<object> {
  const { nft, ...rest } = await kernelState(node);
  const withoutCounters = JSON.stringify(nft).replaceAll(/"counter":\{[^}]*\}/g, '"counter":null');
  return { ...rest, nft: JSON.parse(withoutCounters) };
}
