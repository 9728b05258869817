import type { NetlinkSocket } from '../../netlink/socket.ts';
import { listVlans } from '../../rtnetlink/bridge-vlan.ts';
import { getLink } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import type { Bridge } from '../bridge/bridge.ts';
import type { NetConf } from '../config/netconf.ts';
import { formatRanges, vidRanges, vidSet } from '../vlan/vid-range.ts';
import { carrierProblems, vlanDeviceProblems } from './eligibility.ts';
import { aggregateOf, uplinkVids } from './uplink.ts';

/** Checks the uplink: master, state, carrier, MTU, VLANs and VLAN devices. Returns one sentence for each problem. */
export function checkUplink(
  host: NetlinkSocket,
  bridge: Bridge,
  { conf, port }: { conf: NetConf; port: Link | undefined },
): readonly string[] {
  if (conf.uplink === undefined) return [];
  const named = host.find(getLink(conf.uplink.link));
  if (named === undefined) return [`uplink "${conf.uplink.link}" does not exist`];
  const uplink = aggregateOf(host, named);
  const expected = uplinkVids(conf.uplink, conf, bridge.bridgeSettings.defaultPvid);
  const findings = [...carrierProblems(uplink), ...vlanDeviceProblems(host, uplink, expected)];
  if (port !== undefined && port.mtu > uplink.mtu) {
    findings.push(
      `uplink "${uplink.name}" has MTU ${uplink.mtu}, less than the ${port.mtu} of port "${port.name}"`,
    );
  }
  if (uplink.master !== bridge.ifindex) {
    return [...findings, `uplink "${uplink.name}" is not a port of bridge "${bridge.name}"`];
  }
  if (bridge.bridgeSettings.vlanFiltering !== true) return findings;
  const open = vidSet(host.execute(listVlans(uplink)));
  const missing = vidRanges([...vidSet(expected)].filter((vid) => !open.has(vid)));
  if (missing.length > 0) findings.push(`uplink "${uplink.name}" is not on VLAN ${formatRanges(missing)}`);
  return findings;
}
