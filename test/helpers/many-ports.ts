import { hostEndOf } from '../../src/plugin/state/attachment.ts';
import { type Cleanup, createNetns, exec, ip, type Netns } from './netns.ts';

/** How many ports are many. */
export const CROWD = 1000;

/** The pods of a crowd: container IDs, on network `blue`. */
export type Crowd = { readonly containerIds: readonly string[] };

/**
 * Fills a bridge with ports as the plugin makes them for pods on network `blue`: their names are those that the plugin knows them by.
 * The other ends are silent, and all in one network namespace.
 */
export async function makeCrowd(node: Netns, bridge: string, cleanup: Cleanup): Promise<Crowd> {
  const others = await createNetns('others', cleanup);
  // Without addresses of their own they ask for no router.
  await exec(others, 'sysctl', ['-qw', 'net.ipv6.conf.default.disable_ipv6=1']);
  const containerIds = Array.from({ length: CROWD }, (_, index) => `crowd-${index}`);
  const ports = containerIds.map((containerId, index) => ({ name: portOf(containerId), containerId, index }));
  await ip(
    node,
    ...ports.flatMap(({ name, containerId, index }) => [
      `link add ${name} up master ${bridge} type veth peer name p${index} netns ${others.name}`,
      `link set ${name} alias "vlan-bridge: net1 of container ${containerId}, network blue"`,
    ]),
  );
  await ip(others, ...ports.map(({ index }) => `link set p${index} up`));
  return { containerIds };
}

/** What the port of a pod of the crowd is called. */
export function portOf(containerId: string): string {
  return hostEndOf({ network: 'blue', containerId, ifname: 'net1' }).hostName;
}
