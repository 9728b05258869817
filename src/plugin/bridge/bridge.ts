import { CniError, errorCode } from '../../cni/error.ts';
import { formatMac, isUnicastMac, parseMac, randomMac } from '../../inet/mac.ts';
import { NetlinkError } from '../../netlink/error.ts';
import type { NetlinkRequest } from '../../netlink/message.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { listAllVlans } from '../../rtnetlink/bridge-vlan.ts';
import {
  deleteLink,
  getLink,
  getLinkByIndex,
  listPorts,
  setLinkUp,
  setMac,
  setMtu,
  setPromiscuous,
  setVlanFiltering,
} from '../../rtnetlink/link.ts';
import type { BridgeSettings, Link } from '../../rtnetlink/link-info.ts';
import { createBridge } from '../../rtnetlink/new-link.ts';
import { randomBytes } from '../../sys/random.ts';
import { writeSysctlIfPresent } from '../../sys/sysctl.ts';
import type { NetConf } from '../config/read.ts';
import type { Undo } from '../failure/rollback.ts';
import { withBridgeLock } from '../state/bridge-lock.ts';
import { wantsVlans } from '../vlan/port-vlans.ts';

/** A link that is known to be a bridge. */
export type Bridge = Link & { readonly bridge: BridgeSettings };

/** What a bridge is made for. */
export type BridgePlace = {
  /** Lends its address and MTU to a bridge that is created. */
  readonly uplink: Link | undefined;
  readonly undo: Undo;
};

/**
 * The bridge of the configuration, up and able to do what the configuration wants; created when missing. An existing bridge
 * keeps its settings. To be called under the bridge's lock (exclusive with `vlanFiltering: "enable"`).
 * @throws CniError 101 when the bridge cannot serve the configuration
 */
export function ensureBridge(socket: NetlinkSocket, conf: NetConf, { uplink, undo }: BridgePlace): Bridge {
  const link = socket.find(getLink(conf.bridge)) ?? createMissing(socket, conf, { uplink, undo });
  const problem = bridgeProblem(link, conf);
  if (problem !== undefined) throw new CniError(errorCode.bridgeUnusable, problem);
  const bridge = requireBridge(link);
  if (wantsVlans(conf) && bridge.bridge.vlanFiltering === false) {
    enableFiltering(socket, bridge, { uplink, undo });
  }
  if (conf.promiscMode && !bridge.promiscuous) makePromiscuous(socket, bridge, undo);
  if (!bridge.up) setUp(socket, bridge, undo);
  if (conf.isGateway && conf.vlan === 0 && conf.ipam !== undefined) keepMac(socket, bridge);
  return bridge;
}

/**
 * Has the bridge keep its link-layer address: without this a bridge of somebody else's changes it with its ports, the one of this
 * ADD included, and who knows the gateway by it loses the gateway. A bridge that has lost its last port may have none to keep.
 */
export function keepMac(socket: NetlinkSocket, bridge: Link): void {
  const mac = parseMac(bridge.mac);
  if (mac !== undefined && isUnicastMac(mac)) socket.request(setMac(bridge, mac));
}

/** The link, when it is a bridge. @throws CniError 101 otherwise */
export function requireBridge(link: Link): Bridge {
  const { bridge } = link;
  if (bridge !== undefined) return { ...link, bridge };
  throw new CniError(errorCode.bridgeUnusable, notABridge(link));
}

/**
 * Why the link cannot be the bridge of this configuration, so that the port would be on exactly the VLANs that it says; and
 * the remedy. `undefined` when it can.
 */
export function bridgeProblem(link: Link, conf: NetConf): string | undefined {
  if (link.bridge === undefined) return notABridge(link);
  const { vlanFiltering, defaultPvid } = link.bridge;
  if (!wantsVlans(conf)) {
    if (vlanFiltering !== true || defaultPvid !== 0) return undefined;
    return `bridge "${link.name}" filters VLANs and gives new ports none, so this port would carry no frame; set "vlan" or "vlanTrunk"`;
  }
  if (vlanFiltering === undefined) return CANNOT_FILTER;
  if (vlanFiltering || conf.vlanFiltering === 'enable') return undefined;
  return `bridge "${link.name}" does not filter VLANs; run "ip link set ${link.name} type bridge vlan_filtering 1", or set "vlanFiltering": "enable"`;
}

const CANNOT_FILTER =
  'this kernel cannot filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING is not set), so the VLAN would not be kept apart';

function notABridge(link: Link): string {
  const kind = link.kind === undefined ? '' : ` (it is a ${link.kind} link)`;
  return `"${link.name}" is not a bridge${kind}; name another bridge in "bridge"`;
}

function createMissing(socket: NetlinkSocket, conf: NetConf, { uplink, undo }: BridgePlace): Link {
  const vlanFiltering = wantsVlans(conf);
  const mac = parseMac(uplink?.mac ?? '') ?? randomMac(randomBytes(6));
  const created = (): void =>
    undo.push(`delete bridge "${conf.bridge}"`, () => deleteUnused(socket, conf.bridge, mac));
  try {
    socket.request(createBridge({ name: conf.bridge, mac, vlanFiltering }));
  } catch (error) {
    if (!(error instanceof NetlinkError)) {
      // The answer is lost: it may well be there.
      created();
      throw error;
    }
    // Another process was faster, and its bridge is as good as ours.
    if (error.code === 'EEXIST') return socket.request(getLink(conf.bridge));
    if (!vlanFiltering || error.code !== 'EOPNOTSUPP') throw error;
    throw new CniError(errorCode.bridgeUnusable, CANNOT_FILTER, { cause: error });
  }
  created();
  ignoreRouterAdvertisements(conf.bridge);
  const bridge = socket.request(getLink(conf.bridge));
  // Set after creation it stays. Without an uplink it is that of the smallest port, as the kernel has it.
  if (uplink !== undefined) socket.request(setMtu(bridge, uplink.mtu));
  return bridge;
}

/** A pod on the VLAN must not be able to configure the host by router advertisements. */
export function ignoreRouterAdvertisements(ifname: string): void {
  writeSysctlIfPresent(`net/ipv6/conf/${ifname}/accept_ra`, 0);
}

/**
 * Deletes a bridge that this process created, unless somebody has put a port into it meanwhile, or another bridge in its place:
 * then it is theirs. Exclusive, so that nobody is between looking the bridge up and joining it.
 */
function deleteUnused(socket: NetlinkSocket, name: string, mac: Buffer): void {
  withBridgeLock(name, 'exclusive', () => {
    const bridge = socket.find(getLink(name));
    if (bridge === undefined || bridge.mac !== formatMac(mac)) return;
    if (socket.request(listPorts(bridge)).length === 0) socket.find(deleteLink(bridge));
  });
}

/** The ports are listed first: who has joined before a bridge that is still down cannot be another ADD. */
function setUp(socket: NetlinkSocket, bridge: Bridge, undo: Undo): void {
  const before = socket.request(listPorts(bridge));
  if (socket.request(getLink(bridge.name)).up) return;
  undo.push(`set bridge "${bridge.name}" down again`, () =>
    unlessJoined(socket, bridge, { before, reverse: setLinkUp(bridge, false) }),
  );
  socket.request(setLinkUp(bridge, true));
}

function enableFiltering(socket: NetlinkSocket, bridge: Bridge, { uplink, undo }: BridgePlace): void {
  const before = socket.request(listPorts(bridge));
  const vlans = socket.request(listAllVlans());
  const cutOff = before.find((port) => port !== uplink?.ifindex && !vlans.has(port));
  if (cutOff !== undefined) {
    const port = socket.request(getLinkByIndex(cutOff));
    throw new CniError(
      errorCode.bridgeUnusable,
      `bridge "${bridge.name}" does not filter VLANs, and port "${port.name}" is on none, so that it would be cut off by "vlanFiltering": "enable"; put its ports on VLANs first, or use another bridge`,
    );
  }
  undo.push(`switch off VLAN filtering of bridge "${bridge.name}"`, () =>
    unlessJoined(socket, bridge, { before, reverse: setVlanFiltering(bridge, false) }),
  );
  socket.request(setVlanFiltering(bridge, true));
}

/** Takes back a change of a bridge, but not from ports that have joined since: they rely on it. */
function unlessJoined(
  socket: NetlinkSocket,
  bridge: Bridge,
  { before, reverse }: { before: readonly number[]; reverse: NetlinkRequest<void> },
): void {
  withBridgeLock(bridge.name, 'exclusive', () => {
    const ports = socket.request(listPorts(bridge));
    // A bridge that somebody has deleted is as it was before.
    if (ports.every((port) => before.includes(port))) socket.find(reverse);
  });
}

function makePromiscuous(socket: NetlinkSocket, bridge: Bridge, undo: Undo): void {
  const before = socket.request(listPorts(bridge));
  undo.push(`set bridge "${bridge.name}" promiscuous off`, () =>
    unlessJoined(socket, bridge, { before, reverse: setPromiscuous(bridge, false) }),
  );
  socket.request(setPromiscuous(bridge, true));
}
