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
 * Why the link cannot be the uplink of the bridge, and the remedy, in words; `undefined` when it can.
 * @param bridgeIfindex the bridge, where it exists already
 */
export function uplinkProblem(
  host: NetlinkSocket,
  uplink: Link,
  bridgeIfindex: number | undefined,
): string | undefined {
  if (uplink.loopback) return 'is the loopback link, which leads nowhere';
  if (uplink.kind === 'bridge')
    return 'is itself a bridge; name the NIC, or the bond, that leads to the switch';
  if (uplink.master !== undefined) {
    if (uplink.master === bridgeIfindex) return undefined;
    const master = host.find(getLinkByIndex(uplink.master));
    return `is in ${master?.kind ?? 'another link'} "${master?.name ?? uplink.master}" already; take it out with "ip link set ${uplink.name} nomaster"`;
  }
  return nodeTrafficProblem(host, uplink);
}

/** A link that becomes a port takes no packets for the node any more. */
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

/** VLAN devices that stand on the uplink and take one of the VIDs away from the bridge, a sentence each. */
export function vlanDeviceProblems(
  host: NetlinkSocket,
  uplink: Link,
  wanted: readonly VidRange[],
): readonly string[] {
  const vids = vidSet(wanted);
  const devices = host.execute(listLinks('vlan'));
  return devices
    .filter(
      ({ peerIfindex, peerElsewhere, vlanDeviceVid = 0 }) =>
        peerIfindex === uplink.ifindex && !peerElsewhere && vids.has(vlanDeviceVid),
    )
    .map(
      ({ name, vlanDeviceVid }) =>
        `VLAN device "${name}" takes the frames of VLAN ${vlanDeviceVid} from "${uplink.name}" before the bridge sees them; delete it with "ip link del ${name}"`,
    );
}

/** Whether the link is up and the other end of the cable is there, a sentence where not. */
export function carrierProblems(uplink: Link): readonly string[] {
  if (!uplink.up) return [`uplink "${uplink.name}" is down`];
  return uplink.carrier ? [] : [`uplink "${uplink.name}" has no carrier`];
}
