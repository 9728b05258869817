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

/** A link that is known to be a bridge. */
export type Bridge = Link & { readonly bridgeSettings: BridgeSettings };

/** What a bridge is made for. */
export type BridgePlace = {
  /** Lends its address and MTU to a bridge that is created. */
  readonly uplink: Link | undefined;
  readonly run: RunDirectory;
  readonly rollback: Rollback;
};

/**
 * The bridge of the configuration, up and able to do what the configuration wants; created when missing. An existing bridge
 * keeps its settings. To be called under the bridge's lock (exclusive with `vlanFiltering: "enable"`).
 * @throws CniError 101 when the bridge cannot serve the configuration
 */
export function ensureBridge(socket: NetlinkSocket, conf: NetConf, place: BridgePlace): Bridge {
  const link = socket.find(getLink(conf.bridge)) ?? createMissing(socket, conf, place);
  const problem = bridgeProblem(link, conf);
  if (problem !== undefined) throw new CniError(errorCode.bridgeUnusable, problem);
  const bridge = requireBridge(link);
  if (wantsVlans(conf) && bridge.bridgeSettings.vlanFiltering === false) {
    enableFiltering(socket, bridge, place);
  }
  if (conf.promiscMode && !bridge.promiscuous) makePromiscuous(socket, bridge, place);
  if (!bridge.up) setUp(socket, bridge, place);
  if (conf.isGateway && conf.vlan === 0 && conf.ipam !== undefined) keepMac(socket, bridge);
  return bridge;
}

/**
 * Has the bridge keep its link-layer address: without this a bridge of somebody else's changes it with its ports, the one of this
 * ADD included, and who knows the gateway by it loses the gateway. A bridge that has lost its last port may have none to keep.
 */
export function keepMac(socket: NetlinkSocket, bridge: Link): void {
  const mac = parseMac(bridge.mac);
  if (mac !== undefined && isUnicastMac(mac)) socket.execute(setMac(bridge, mac));
}

/** The link, when it is a bridge. @throws CniError 101 otherwise */
export function requireBridge(link: Link): Bridge {
  const { bridgeSettings } = link;
  if (bridgeSettings !== undefined) return { ...link, bridgeSettings };
  throw new CniError(errorCode.bridgeUnusable, notABridge(link));
}

/**
 * Why the link cannot be the bridge of this configuration, so that the port would be on exactly the VLANs that it says; and
 * the remedy. `undefined` when it can.
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

function createMissing(socket: NetlinkSocket, conf: NetConf, { uplink, run, rollback }: BridgePlace): Link {
  const vlanFiltering = wantsVlans(conf);
  const mac = parseMac(uplink?.mac ?? '') ?? randomMac(randomBytes(6));
  const created = (): void =>
    rollback.add(`delete bridge "${conf.bridge}"`, () =>
      deleteCreated(socket, run, { name: conf.bridge, mac }),
    );
  try {
    socket.execute(createBridge({ name: conf.bridge, mac, vlanFiltering }));
  } catch (error) {
    if (!(error instanceof NetlinkError)) {
      // The answer is lost: it may well be there.
      created();
      throw error;
    }
    // Another process was faster, and its bridge is as good as ours.
    if (error.code === 'EEXIST') return socket.execute(getLink(conf.bridge));
    if (!vlanFiltering || error.code !== 'EOPNOTSUPP') throw error;
    throw new CniError(errorCode.bridgeUnusable, CANNOT_FILTER, { cause: error });
  }
  created();
  ignoreRouterAdvertisements(conf.bridge);
  const bridge = socket.execute(getLink(conf.bridge));
  // Set after creation it stays. Without an uplink it is that of the smallest port, as the kernel has it.
  if (uplink !== undefined) socket.execute(setMtu(bridge, uplink.mtu));
  return bridge;
}

/** A pod on the VLAN must not be able to configure the host by router advertisements. */
export function ignoreRouterAdvertisements(ifname: string): void {
  writeSysctlIfPresent(`net/ipv6/conf/${ifname}/accept_ra`, 0);
}

/** Deletes the bridge that this ADD created, unless it has a port of another ADD, or is another bridge of that name. */
function deleteCreated(
  socket: NetlinkSocket,
  run: RunDirectory,
  { name, mac }: { readonly name: string; readonly mac: Buffer },
): void {
  const bridge = socket.find(getLink(name));
  if (bridge === undefined || bridge.mac !== formatMac(mac)) return;
  revertUnlessInUse(socket, { run, bridge, known: [], revert: () => socket.find(deleteLink(bridge)) });
}

/** The ports are listed first: a port that joined a bridge while it was down does not rely on the bridge being up. */
function setUp(socket: NetlinkSocket, bridge: Bridge, { run, rollback }: BridgePlace): void {
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
  { uplink, run, rollback }: BridgePlace,
): void {
  const known = socket.execute(listPorts(bridge));
  const vlans = socket.execute(listAllVlans());
  const cutOff = known.find((port) => port !== uplink?.ifindex && !vlans.has(port));
  if (cutOff !== undefined) {
    const port = socket.execute(getLinkByIndex(cutOff));
    throw new CniError(
      errorCode.bridgeUnusable,
      `bridge "${bridge.name}" does not filter VLANs, and port "${port.name}" is on none, so that it would be cut off by "vlanFiltering": "enable"; put its ports on VLANs first, or use another bridge`,
    );
  }
  const revert = () => socket.find(setVlanFiltering(bridge, false));
  rollback.add(`switch off VLAN filtering of bridge "${bridge.name}"`, () =>
    revertUnlessInUse(socket, { run, bridge, known, revert }),
  );
  socket.execute(setVlanFiltering(bridge, true));
}

function makePromiscuous(socket: NetlinkSocket, bridge: Bridge, { run, rollback }: BridgePlace): void {
  const known = socket.execute(listPorts(bridge));
  const revert = () => socket.find(setPromiscuous(bridge, false));
  rollback.add(`set bridge "${bridge.name}" promiscuous off`, () =>
    revertUnlessInUse(socket, { run, bridge, known, revert }),
  );
  socket.execute(setPromiscuous(bridge, true));
}
