import { parseMac } from '../../inet/mac.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { listFdb } from '../../rtnetlink/bridge-fdb.ts';
import type { VlanEntry } from '../../rtnetlink/bridge-vlan.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import type { NetConf } from '../config/netconf.ts';
import { type HostEnd, isHostEndOf } from '../state/attachment.ts';
import { portVlans, wantsVlans } from '../vlan/port-vlans.ts';
import type { Bridge } from './bridge.ts';
import { flagDifference, portFlags } from './port-flags.ts';
import { vlanDifference } from './port-vlans.ts';

/** Compares the bridge with the configuration. Returns one sentence for each difference. */
export function checkBridge(bridge: Bridge, conf: NetConf): readonly string[] {
  return [
    ...when(!bridge.up, `bridge "${bridge.name}" is down`),
    ...when(
      wantsVlans(conf) && bridge.bridgeSettings.vlanFiltering !== true,
      `bridge "${bridge.name}" does not filter VLANs`,
    ),
    ...when(conf.promiscMode && !bridge.promiscuous, `bridge "${bridge.name}" is not promiscuous`),
  ];
}

/**
 * Compares the port with the configuration: master, state, MTU, VLANs, flags and forwarding entries. Returns one sentence for each
 * difference.
 */
export function checkPort(
  host: NetlinkSocket,
  bridge: Bridge,
  {
    conf,
    hostEnd,
    port,
    link,
  }: { conf: NetConf; hostEnd: HostEnd; port: Link | undefined; link: Link | undefined },
): readonly string[] {
  if (port === undefined) return [`host link "${hostEnd.hostName}" does not exist`];
  if (!isHostEndOf(hostEnd, port)) return [`host link "${port.name}" is not of this attachment`];
  const state = [
    ...when(!port.up, `host link "${port.name}" is down`),
    ...when(
      conf.mtu !== undefined && conf.mtu !== port.mtu,
      `host link "${port.name}" has MTU ${port.mtu}, not ${conf.mtu}`,
    ),
  ];
  if (port.master !== bridge.ifindex) {
    return [...state, `host link "${port.name}" is not a port of bridge "${bridge.name}"`];
  }
  const flags = flagDifference(port.portFlags, portFlags(conf));
  return [
    ...state,
    ...(bridge.bridgeSettings.vlanFiltering === true ? vlanProblems(host, bridge, port, conf) : []),
    ...(flags === undefined ? [] : [`port "${port.name}" has ${flags}`]),
    ...(conf.macspoofchk && link !== undefined
      ? entryProblems(host, bridge, port, { conf, mac: link.mac })
      : []),
  ];
}

function vlanProblems(host: NetlinkSocket, bridge: Bridge, port: Link, conf: NetConf): readonly string[] {
  const expected = portVlans(conf, bridge.bridgeSettings.defaultPvid);
  // ADD refuses such a bridge: its filtering or its default VLAN was changed after ADD.
  if (expected.length === 0)
    return [`bridge "${bridge.name}" filters VLANs, and the configuration puts port "${port.name}" on none`];
  const difference = vlanDifference(host, port, expected);
  if (difference === undefined) return [];
  return [`port "${port.name}" is on VLAN ${difference.found}, not on ${difference.expected}`];
}

/** A locked port drops frames from addresses without a forwarding entry: the container needs an entry on each VLAN of the port. */
function entryProblems(
  host: NetlinkSocket,
  bridge: Bridge,
  port: Link,
  { conf, mac }: { conf: NetConf; mac: string },
): readonly string[] {
  const own = parseMac(mac);
  const entries = host.execute(listFdb(port)).filter((entry) => own?.equals(entry.mac));
  const vids = new Set(entries.map(({ vid }) => vid));
  const filtering = bridge.bridgeSettings.vlanFiltering === true;
  const expected = filtering ? portVlans(conf, bridge.bridgeSettings.defaultPvid) : [];
  const isMissing = ({ vid, endVid }: VlanEntry): boolean =>
    Array.from({ length: endVid - vid + 1 }, (_, index) => vid + index).some((each) => !vids.has(each));
  const incomplete = filtering ? expected.some(isMissing) : !vids.has(undefined);
  return when(incomplete, `port "${port.name}" is locked without a forwarding entry for the address ${mac}`);
}

function when(condition: boolean, finding: string): readonly string[] {
  return condition ? [finding] : [];
}
