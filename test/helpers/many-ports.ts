import { hostEndOf } from '../../src/plugin/state/attachment.ts';
import { type Cleanup, createNetns, exec, ip, type Netns } from './netns.ts';

/** How many ports `createManyPorts` creates. */
export const PORT_COUNT = 1000;

/** The pods that own the ports: container IDs on network `blue`. */
export type ManyPorts = { readonly containerIds: readonly string[] };

/**
 * Adds ports to a bridge with the names and aliases that the plugin gives to ports of network `blue`. Their peers are all in one
 * network namespace and send nothing.
 */
export async function createManyPorts(node: Netns, bridge: string, cleanup: Cleanup): Promise<ManyPorts> {
  const others = await createNetns('others', cleanup);
  // Links without IPv6 addresses send no router solicitations.
  await exec(others, 'sysctl', ['-qw', 'net.ipv6.conf.default.disable_ipv6=1']);
  const containerIds = Array.from({ length: PORT_COUNT }, (_, index) => `manyPorts-${index}`);
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

/** The name of the port of one of these pods. */
export function portOf(containerId: string): string {
  return hostEndOf({ network: 'blue', containerId, ifname: 'net1' }).hostName;
}
