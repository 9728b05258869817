import { randomBytes } from 'node:crypto';
import { CniError, errorCode } from '../cni/error.ts';
import { randomMac } from '../inet/mac.ts';
import { NetlinkError } from '../netlink/error.ts';
import type { NetlinkRequest } from '../netlink/message.ts';
import type { NetlinkSocket } from '../netlink/socket.ts';
import {
  type BridgeSettings,
  deleteLink,
  getLink,
  type Link,
  listPorts,
  setLinkUp,
  setVlanFiltering,
} from '../rtnetlink/link.ts';
import { createBridge } from '../rtnetlink/new-link.ts';
import { writeSysctlIfPresent } from '../sys/sysctl.ts';
import { lockBridge } from './bridge-lock.ts';
import type { NetConf } from './netconf.ts';
import type { Undo } from './undo.ts';
import { wantsVlans } from './vlans.ts';

/** A link that is known to be a bridge. */
export type Bridge = Link & { readonly bridge: BridgeSettings };

/**
 * The bridge of the configuration, up and able to do what the configuration wants; created when missing. An existing bridge
 * keeps its settings. To be called under the bridge's lock (exclusive with `vlanFiltering: "enable"`).
 * @throws CniError 101 when the bridge cannot serve the configuration
 */
export function ensureBridge(socket: NetlinkSocket, conf: NetConf, undo: Undo): Bridge {
  const found = socket.find(getLink(conf.bridge)) ?? createMissing(socket, conf, undo);
  const bridge = requireBridge(found);
  requireVlans(bridge, conf, () => enableFiltering(socket, bridge, undo));
  if (!bridge.up) setUp(socket, bridge, undo);
  return bridge;
}

/** The link, when it is a bridge. @throws CniError 101 otherwise */
export function requireBridge(link: Link): Bridge {
  const { bridge } = link;
  if (bridge !== undefined) return { ...link, bridge };
  const kind = link.kind === undefined ? '' : ` (it is a ${link.kind} link)`;
  throw new CniError(
    errorCode.bridgeUnusable,
    `"${link.name}" is not a bridge${kind}; name another bridge in "bridge"`,
  );
}

/** Refuses a bridge on which the port would not be on exactly the VLANs that the configuration says. */
function requireVlans(bridge: Bridge, conf: NetConf, enable: () => void): void {
  const { vlanFiltering, defaultPvid } = bridge.bridge;
  if (!wantsVlans(conf)) {
    if (vlanFiltering !== true || defaultPvid !== 0) return;
    throw new CniError(
      errorCode.bridgeUnusable,
      `bridge "${bridge.name}" filters VLANs and gives new ports none, so this port would carry no frame; set "vlan" or "vlanTrunk"`,
    );
  }
  if (vlanFiltering === undefined) {
    throw cannotFilter();
  }
  if (vlanFiltering) return;
  if (conf.vlanFiltering === 'enable') {
    enable();
    return;
  }
  throw new CniError(
    errorCode.bridgeUnusable,
    `bridge "${bridge.name}" does not filter VLANs; run "ip link set ${bridge.name} type bridge vlan_filtering 1", or set "vlanFiltering": "enable"`,
  );
}

function createMissing(socket: NetlinkSocket, conf: NetConf, undo: Undo): Link {
  const vlanFiltering = wantsVlans(conf);
  const mac = randomMac(randomBytes(6));
  try {
    socket.request(createBridge({ name: conf.bridge, mac, mtu: conf.mtu, vlanFiltering }));
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    // Another process was faster, and its bridge is as good as ours.
    if (error.code === 'EEXIST') return socket.request(getLink(conf.bridge));
    throw vlanFiltering && error.code === 'EOPNOTSUPP' ? cannotFilter(error) : error;
  }
  undo.push(`delete bridge "${conf.bridge}"`, () => deleteUnused(socket, conf.bridge));
  ignoreRouterAdvertisements(conf.bridge);
  return socket.request(getLink(conf.bridge));
}

function cannotFilter(cause?: NetlinkError): CniError {
  return new CniError(
    errorCode.bridgeUnusable,
    'this kernel cannot filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING is not set), so the VLAN would not be kept apart',
    { cause },
  );
}

/** A pod on the VLAN must not be able to configure the host by router advertisements. */
export function ignoreRouterAdvertisements(ifname: string): void {
  writeSysctlIfPresent(`net/ipv6/conf/${ifname}/accept_ra`, 0);
}

/**
 * Deletes a bridge that this process created, unless somebody has put a port into it meanwhile: then it is theirs. Exclusive,
 * so that nobody is between looking the bridge up and joining it.
 */
function deleteUnused(socket: NetlinkSocket, name: string): void {
  const lock = lockBridge(name, 'exclusive');
  try {
    const bridge = socket.find(getLink(name));
    if (bridge !== undefined && socket.request(listPorts(bridge)).length === 0)
      socket.request(deleteLink(bridge));
  } finally {
    lock.release();
  }
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

function enableFiltering(socket: NetlinkSocket, bridge: Bridge, undo: Undo): void {
  const before = socket.request(listPorts(bridge));
  socket.request(setVlanFiltering(bridge, true));
  undo.push(`switch off VLAN filtering of bridge "${bridge.name}"`, () =>
    unlessJoined(socket, bridge, { before, reverse: setVlanFiltering(bridge, false) }),
  );
}

/** Takes back a change of a bridge, but not from ports that have joined since: they rely on it. */
function unlessJoined(
  socket: NetlinkSocket,
  bridge: Bridge,
  { before, reverse }: { before: readonly number[]; reverse: NetlinkRequest<void> },
): void {
  const lock = lockBridge(bridge.name, 'exclusive');
  try {
    const ports = socket.request(listPorts(bridge));
    if (ports.every((port) => before.includes(port))) socket.request(reverse);
  } finally {
    lock.release();
  }
}
