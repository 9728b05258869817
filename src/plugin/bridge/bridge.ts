import { CniError, errorCode } from '../../cni/error.ts';
import { formatMac, isUnicastMac, parseMac, randomMac } from '../../inet/mac.ts';
import { NetlinkError } from '../../netlink/error.ts';
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
import type { NetConf } from '../config/netconf.ts';
import type { Rollback } from '../failure/rollback.ts';
import type { RunDirectory } from '../state/run-directory.ts';
import { wantsVlans } from '../vlan/port-vlans.ts';
import { revertUnlessInUse } from './revert.ts';

/** A link of kind bridge. */
export type Bridge = Link & { readonly bridgeSettings: BridgeSettings };

/** The context in which an ADD finds or creates its bridge. */
export type BridgeContext = {
  /** A new bridge gets the link-layer address and the MTU of this link. Absent: a random address and the kernel's MTU. */
  readonly uplink: Link | undefined;
  readonly run: RunDirectory;
  readonly rollback: Rollback;
};

/**
 * Finds or creates the bridge of the configuration and sets it up, as `ip link add NAME type bridge` and `ip link set NAME up` do.
 * Changes an existing bridge only as the configuration says (`vlanFiltering`, `promiscMode`). The caller holds the bridge's lock,
 * exclusive with `vlanFiltering: "enable"`.
 * @throws CniError 101 when the bridge cannot serve the configuration
 */
export function ensureBridge(socket: NetlinkSocket, conf: NetConf, context: BridgeContext): Bridge {
  const link = socket.find(getLink(conf.bridge)) ?? createMissing(socket, conf, context);
  const problem = bridgeProblem(link, conf);
  if (problem !== undefined) throw new CniError(errorCode.bridgeUnusable, problem);
  const bridge = requireBridge(link);
  if (wantsVlans(conf) && bridge.bridgeSettings.vlanFiltering === false) {
    enableFiltering(socket, bridge, context);
  }
  if (conf.promiscMode && !bridge.promiscuous) makePromiscuous(socket, bridge, context);
  if (!bridge.up) setUp(socket, bridge, context);
  if (conf.isGateway && conf.vlan === 0 && conf.ipam !== undefined) keepMac(socket, bridge);
  return bridge;
}

/**
 * Fixes the link-layer address of the bridge, as `ip link set NAME address MAC` does. Without a fixed address the kernel changes the
 * address when a port joins or leaves, and pods lose the gateway that their neighbour tables name. A bridge without ports may have
 * no unicast address; the function then does nothing.
 */
export function keepMac(socket: NetlinkSocket, bridge: Link): void {
  const mac = parseMac(bridge.mac);
  if (mac !== undefined && isUnicastMac(mac)) socket.execute(setMac(bridge, mac));
}

/** Returns the link as a bridge. @throws CniError 101 when the link is not a bridge */
export function requireBridge(link: Link): Bridge {
  const { bridgeSettings } = link;
  if (bridgeSettings !== undefined) return { ...link, bridgeSettings };
  throw new CniError(errorCode.bridgeUnusable, notABridge(link));
}

/**
 * Explains why the link cannot be the bridge of this configuration, and names the remedy. Without this check the port would be on
 * other VLANs than the configuration says. Returns `undefined` when the link can be the bridge.
 */
export function bridgeProblem(link: Link, conf: NetConf): string | undefined {
  if (link.bridgeSettings === undefined) return notABridge(link);
  const { vlanFiltering, defaultPvid } = link.bridgeSettings;
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

function createMissing(socket: NetlinkSocket, conf: NetConf, { uplink, run, rollback }: BridgeContext): Link {
  const vlanFiltering = wantsVlans(conf);
  const mac = parseMac(uplink?.mac ?? '') ?? randomMac(randomBytes(6));
  const addReverse = (): void =>
    rollback.add(`delete bridge "${conf.bridge}"`, () =>
      deleteCreated(socket, run, { name: conf.bridge, mac }),
    );
  try {
    socket.execute(createBridge({ name: conf.bridge, mac, vlanFiltering }));
  } catch (error) {
    if (!(error instanceof NetlinkError)) {
      // The reply is lost, but the kernel may have created the bridge: the rollback must look for it.
      addReverse();
      throw error;
    }
    // Another process created the bridge first. ADD uses that bridge.
    if (error.code === 'EEXIST') return socket.execute(getLink(conf.bridge));
    if (!vlanFiltering || error.code !== 'EOPNOTSUPP') throw error;
    throw new CniError(errorCode.bridgeUnusable, CANNOT_FILTER, { cause: error });
  }
  addReverse();
  ignoreRouterAdvertisements(conf.bridge);
  const bridge = socket.execute(getLink(conf.bridge));
  // An explicit MTU stays fixed when ports join. Without an uplink the kernel keeps the bridge at the smallest MTU of its ports.
  if (uplink !== undefined) socket.execute(setMtu(bridge, uplink.mtu));
  return bridge;
}

/** Without this setting a pod on the VLAN could configure addresses and routes of the host by router advertisements. */
export function ignoreRouterAdvertisements(ifname: string): void {
  writeSysctlIfPresent(`net/ipv6/conf/${ifname}/accept_ra`, 0);
}

/** Deletes the bridge that this ADD created. Keeps a bridge with a port of another ADD, and another bridge of the same name. */
function deleteCreated(
  socket: NetlinkSocket,
  run: RunDirectory,
  { name, mac }: { readonly name: string; readonly mac: Buffer },
): void {
  const bridge = socket.find(getLink(name));
  if (bridge === undefined || bridge.mac !== formatMac(mac)) return;
  revertUnlessInUse(socket, { run, bridge, known: [], revert: () => socket.find(deleteLink(bridge)) });
}

/** Lists the ports first: a port that joined while the bridge was down does not rely on the bridge being up. */
function setUp(socket: NetlinkSocket, bridge: Bridge, { run, rollback }: BridgeContext): void {
  const known = socket.execute(listPorts(bridge));
  if (socket.execute(getLink(bridge.name)).up) return;
  rollback.add(`set bridge "${bridge.name}" down again`, () =>
    revertUnlessInUse(socket, { run, bridge, known, revert: () => socket.find(setLinkUp(bridge, false)) }),
  );
  socket.execute(setLinkUp(bridge, true));
}

function enableFiltering(
  socket: NetlinkSocket,
  bridge: Bridge,
  { uplink, run, rollback }: BridgeContext,
): void {
  const known = socket.execute(listPorts(bridge));
  const vlans = socket.execute(listAllVlans());
  const cutOff = known.find((port) => port !== uplink?.ifindex && !vlans.has(port));
  if (cutOff !== undefined) {
    const port = socket.execute(getLinkByIndex(cutOff));
    throw new CniError(
      errorCode.bridgeUnusable,
      `bridge "${bridge.name}" does not filter VLANs, and port "${port.name}" is on no VLAN, so "vlanFiltering": "enable" would cut this port off; put the ports on VLANs first, or use another bridge`,
    );
  }
  const revert = () => socket.find(setVlanFiltering(bridge, false));
  rollback.add(`switch off VLAN filtering of bridge "${bridge.name}"`, () =>
    revertUnlessInUse(socket, { run, bridge, known, revert }),
  );
  socket.execute(setVlanFiltering(bridge, true));
}

function makePromiscuous(socket: NetlinkSocket, bridge: Bridge, { run, rollback }: BridgeContext): void {
  const known = socket.execute(listPorts(bridge));
  const revert = () => socket.find(setPromiscuous(bridge, false));
  rollback.add(`set bridge "${bridge.name}" promiscuous off`, () =>
    revertUnlessInUse(socket, { run, bridge, known, revert }),
  );
  socket.execute(setPromiscuous(bridge, true));
}
