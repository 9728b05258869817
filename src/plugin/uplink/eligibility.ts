import { formatCidr } from '../../inet/cidr.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { listAddresses } from '../../rtnetlink/address.ts';
import { getLinkByIndex, listLinks } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { listRoutes } from '../../rtnetlink/route.ts';
import { RT_TABLE_MAIN } from '../../rtnetlink/uapi.ts';
import type { VidRange } from '../vlan/port-vlans.ts';
import { vidSet } from '../vlan/vid-range.ts';

/**
 * Explains why the link cannot be the uplink of the bridge, and names the remedy; `undefined` when it can.
 * @param bridgeIfindex absent when the bridge does not exist yet
 */
export function uplinkProblem(
  host: NetlinkSocket,
  uplink: Link,
  bridgeIfindex: number | undefined,
): string | undefined {
  if (uplink.loopback) return 'is the loopback link; name the NIC, or the bond, that leads to the switch';
  if (uplink.kind === 'bridge')
    return 'is itself a bridge; name the NIC, or the bond, that leads to the switch';
  if (uplink.master !== undefined) {
    if (uplink.master === bridgeIfindex) return undefined;
    const master = host.find(getLinkByIndex(uplink.master));
    return `is in ${master?.kind ?? 'another link'} "${master?.name ?? uplink.master}" already; take it out with "ip link set ${uplink.name} nomaster"`;
  }
  return nodeTrafficProblem(host, uplink);
}

/** Explains why the node still needs the link itself: the node receives no packets on a link that becomes a port. */
function nodeTrafficProblem(host: NetlinkSocket, uplink: Link): string | undefined {
  const remedy =
    'as a port of the bridge it would cut the node off; use another NIC, or move the address to the bridge first';
  const routes = ([4, 6] as const).flatMap((family) => host.find(listRoutes(family, RT_TABLE_MAIN)) ?? []);
  const isDefault = routes.some(({ dst, ifindex }) => dst.prefixLength === 0 && ifindex === uplink.ifindex);
  if (isDefault) return `carries the default route of the node: ${remedy}`;
  const address = host.execute(listAddresses(uplink)).find(({ global }) => global);
  return address === undefined
    ? undefined
    : `has the address "${formatCidr(address.cidr)}" of the node: ${remedy}`;
}

/**
 * Lists the VLAN devices on the uplink (`ip -d link show type vlan`) that receive one of the VIDs: the bridge does not see the frames of
 * such a VLAN. Returns one sentence for each device.
 */
export function vlanDeviceProblems(
  host: NetlinkSocket,
  uplink: Link,
  expected: readonly VidRange[],
): readonly string[] {
  const vids = vidSet(expected);
  const links = host.execute(listLinks('vlan'));
  return links
    .filter(
      ({ peerIfindex, peerElsewhere, vlanDeviceVid = 0 }) =>
        peerIfindex === uplink.ifindex && !peerElsewhere && vids.has(vlanDeviceVid),
    )
    .map(
      ({ name, vlanDeviceVid }) =>
        `VLAN device "${name}" takes the frames of VLAN ${vlanDeviceVid} from "${uplink.name}" before the bridge sees them; delete it with "ip link del ${name}"`,
    );
}

/** Checks that the uplink is up and has a carrier. Returns one sentence for a problem. */
export function carrierProblems(uplink: Link): readonly string[] {
  if (!uplink.up) return [`uplink "${uplink.name}" is down`];
  return uplink.carrier ? [] : [`uplink "${uplink.name}" has no carrier`];
}
