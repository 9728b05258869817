import { showLink } from '../../helpers/links.ts';
import type { SeenFrame } from '../../helpers/marked-frame.ts';
import { type Cleanup, ip, type Netns } from '../../helpers/netns.ts';
import { add, createPod, networkConf, type Pod, staticIpam } from '../../helpers/pod.ts';
import { createTrunk } from '../../helpers/trunk.ts';
import type { Egress, PortKind } from './isolation.ts';
import { type Listener, listen } from './listener.ts';

/** A pod as the configuration has it, and what follows for the frames that come to it and from it. */
type Station = { readonly keys: object; readonly egress: Egress; readonly kind: PortKind };

const trunk = [{ id: 100 }, { id: 200 }];

/** The pods of the node, all on one bridge. */
export const STATIONS = {
  access: access(100),
  tagged: { keys: { vlanTrunk: trunk }, egress: { tagged: [100, 200] }, kind: 'tagged' },
  native: {
    keys: { vlan: 100, vlanTrunk: trunk },
    egress: { untagged: 100, tagged: [200] },
    kind: 'native',
  },
  checked: access(100, { macspoofchk: true }),
  isolated: access(100, { portIsolation: true }),
  isolated2: access(100, { portIsolation: true }),
  same: access(100),
  vlan1: access(1),
  vlan200: access(200, { isGateway: true, ipam: staticIpam(['10.20.2.11/24']) }),
} as const satisfies Record<string, Station>;

export type StationName = keyof typeof STATIONS;

/** Where else frames come out: of the uplink, in the node itself, in the node's gateway on VLAN 200. */
const ELSEWHERE: Readonly<Record<string, Egress>> = {
  wire: { tagged: [1, 100, 200] },
  bridge: { tagged: [] },
  gateway: { untagged: 200, tagged: [] },
};

/** The VLANs of every place where frames come out. */
export const EGRESS: Readonly<Record<string, Egress>> = {
  ...Object.fromEntries(Object.entries(STATIONS).map(([name, { egress }]) => [name, egress])),
  ...ELSEWHERE,
};

export type Testbed = {
  readonly node: Netns;
  readonly wire: Netns;
  readonly pods: Readonly<Record<StationName, Pod>>;
  /** The addresses of the pods, by station, and those of `bridge` and `gateway`. */
  readonly macs: Readonly<Record<string, string>>;
  /** The address of each pod's host end. */
  readonly hostMacs: Readonly<Record<string, string>>;
  readonly listeners: Readonly<Record<string, Listener>>;
};

/** Attaches the pods, on a bridge that the plugin makes, and listens everywhere. */
export async function createTestbed(cleanup: Cleanup): Promise<Testbed> {
  const { node, wire } = await createTrunk({ cleanup });
  const pods = await forEach(STATIONS, () => createPod(node, cleanup));
  const results = await forEach(STATIONS, ({ keys }, name) =>
    add(pods[name], networkConf({ ...keys, name, uplink: 'trunk0' })),
  );
  const macsOf = (end: 1 | 2) =>
    Object.fromEntries(Object.entries(results).map(([name, { interfaces }]) => [name, interfaces[end].mac]));
  // A pod may raise its own MTU: the frame that is too long is to get as far as the port.
  await Promise.all(Object.values(pods).map(({ netns }) => ip(netns, 'link set net1 mtu 9000')));
  const bridge = await showLink(node, 'vlanbr0');
  const gateway = await showLink(node, 'vlanbr0.200');
  const capturePoints = {
    ...(await forEach(pods, async ({ netns }) => ({ netns, ifname: 'net1' }))),
    wire: { netns: wire, ifname: 'port0' },
    bridge: { netns: node, ifname: 'vlanbr0' },
    gateway: { netns: node, ifname: 'vlanbr0.200' },
  };
  return {
    node,
    wire,
    pods,
    macs: { ...macsOf(2), bridge: bridge.address, gateway: gateway.address },
    hostMacs: macsOf(1),
    listeners: await forEach(capturePoints, (point) => listen(point, cleanup)),
  };
}

/** All that has come to each listener. */
export function endListeners({
  listeners,
}: Testbed): Promise<Readonly<Record<string, readonly SeenFrame[]>>> {
  return forEach(listeners, (listener) => listener.frames());
}

function access(vlan: number, keys: object = {}) {
  return { keys: { vlan, ...keys }, egress: { untagged: vlan, tagged: [] }, kind: 'access' } as const;
}

async function forEach<Key extends string, Value, Result>(
  items: Readonly<Record<Key, Value>>,
  fn: (item: Value, name: Key) => Promise<Result>,
): Promise<Record<Key, Result>> {
  const entries = Object.entries(items) as [Key, Value][];
  const results = await Promise.all(
    entries.map(async ([name, item]) => [name, await fn(item, name)] as const),
  );
  return Object.fromEntries(results) as Record<Key, Result>;
}
