import { getU16, getU32, putU16 } from 'netlink/dist/structs.js';
import { attribute, type NetlinkMessage, readAttributes, readRepeated } from '../netlink/message.ts';
import { afterStruct, change, linkMessage, list } from './message.ts';
import * as uapi from './uapi.ts';

/** VLANs `vid` to `endVid` (the same for one) of a bridge port, all with the same flags. Untagged means on egress. */
export type VlanEntry = {
  readonly vid: number;
  readonly endVid: number;
  readonly pvid: boolean;
  readonly untagged: boolean;
};

type Port = { readonly name: string; readonly ifindex: number };

/** Adds all entries in one request. `bridge vlan add vid VID[-END] dev PORT [pvid] [untagged]`. A PVID must be a single VID. */
export function addVlans(port: Port, entries: readonly VlanEntry[]): NetlinkMessage<void> {
  return changeVlans('add', uapi.RTM_SETLINK, port, entries);
}

/** Removes all entries in one request; VIDs that are not on the port are no error. `bridge vlan del vid VID[-END] dev PORT`. */
export function delVlans(port: Port, entries: readonly VlanEntry[]): NetlinkMessage<void> {
  return changeVlans('remove', uapi.RTM_DELLINK, port, entries);
}

/**
 * The VLANs of one port, ascending, neighbours with the same flags joined. `bridge vlan show dev PORT`. Linux 5.6 or newer; older
 * kernels answer EOPNOTSUPP.
 */
export function listVlans(port: Port): NetlinkMessage<readonly VlanEntry[]> {
  return list(`list VLANs of port "${port.name}"`, uapi.RTM_GETVLAN, parseVlans, [vlanMessage(port.ifindex)]);
}

/**
 * The VLANs of every port and bridge in the network namespace, by ifindex; those of a bridge are the bridge device's own.
 * A link that is on none is not there. `bridge vlan show`
 */
export function listAllVlans(): NetlinkMessage<ReadonlyMap<number, readonly VlanEntry[]>> {
  const parse = (bodies: readonly Buffer[]): ReadonlyMap<number, readonly VlanEntry[]> => {
    const byLink = Map.groupBy(bodies, (body) => getU32(body.subarray(4, 8)));
    const vlans = [...byLink].map(([ifindex, own]) => [ifindex, parseVlans(own)] as const);
    return new Map(vlans.filter(([, entries]) => entries.length > 0));
  };
  return list('list VLANs of all ports', uapi.RTM_GETVLAN, parse, [vlanMessage(0)]);
}

/** For messages: `100 pvid untagged, 200-210`; `none` for an empty list. */
export function formatVlans(entries: readonly VlanEntry[]): string {
  return entries.map(formatEntry).join(', ') || 'none';
}

function formatEntry({ vid, endVid, pvid, untagged }: VlanEntry): string {
  const range = vid === endVid ? `${vid}` : `${vid}-${endVid}`;
  return `${range}${pvid ? ' pvid' : ''}${untagged ? ' untagged' : ''}`;
}

function changeVlans(
  verb: string,
  type: number,
  port: Port,
  entries: readonly VlanEntry[],
): NetlinkMessage<void> {
  const operation = `${verb} VLAN ${formatVlans(entries)} ${verb === 'add' ? 'to' : 'from'} port "${port.name}"`;
  const infos = entries.flatMap(encodeEntry);
  return change(operation, type, 0, [
    linkMessage(port.ifindex, { family: uapi.AF_BRIDGE }),
    attribute(uapi.IFLA_AF_SPEC, Buffer.concat(infos)),
  ]);
}

function encodeEntry({ vid, endVid, pvid, untagged }: VlanEntry): readonly Buffer[] {
  const flags = (pvid ? uapi.BRIDGE_VLAN_INFO_PVID : 0) | (untagged ? uapi.BRIDGE_VLAN_INFO_UNTAGGED : 0);
  if (vid === endVid) return [vlanInfo(flags, vid)];
  return [
    vlanInfo(flags | uapi.BRIDGE_VLAN_INFO_RANGE_BEGIN, vid),
    vlanInfo(flags | uapi.BRIDGE_VLAN_INFO_RANGE_END, endVid),
  ];
}

/** struct bridge_vlan_info { u16 flags; u16 vid; } */
function vlanInfo(flags: number, vid: number): Buffer {
  return attribute(uapi.IFLA_BRIDGE_VLAN_INFO, Buffer.concat([putU16(flags), putU16(vid)]));
}

/** struct br_vlan_msg { u8 family, reserved1; u16 reserved2; u32 ifindex; } */
function vlanMessage(ifindex: number): Buffer {
  const message = Buffer.alloc(8);
  message.writeUInt8(uapi.AF_BRIDGE, 0);
  message.writeUInt32LE(ifindex, 4);
  return message;
}

function parseVlans(bodies: readonly Buffer[]): readonly VlanEntry[] {
  const entries = bodies.flatMap((body) =>
    readRepeated(afterStruct(body, 8), uapi.BRIDGE_VLANDB_ENTRY).map(parseEntry),
  );
  return joinEntries(entries);
}

function parseEntry(bytes: Buffer): VlanEntry {
  const attributes = readAttributes(bytes);
  const info = attributes.get(uapi.BRIDGE_VLANDB_ENTRY_INFO);
  if (info === undefined) throw new Error('a VLAN entry without BRIDGE_VLANDB_ENTRY_INFO');
  const flags = getU16(info.subarray(0, 2));
  const vid = getU16(info.subarray(2, 4));
  const range = attributes.get(uapi.BRIDGE_VLANDB_ENTRY_RANGE);
  return {
    vid,
    endVid: range === undefined ? vid : getU16(range),
    pvid: (flags & uapi.BRIDGE_VLAN_INFO_PVID) !== 0,
    untagged: (flags & uapi.BRIDGE_VLAN_INFO_UNTAGGED) !== 0,
  };
}

/** Sorts entries and joins neighbours with the same flags: the kernel may split a range between two messages. */
export function joinEntries(entries: readonly VlanEntry[]): readonly VlanEntry[] {
  const joined: VlanEntry[] = [];
  for (const entry of [...entries].sort((a, b) => a.vid - b.vid)) {
    const last = joined.at(-1);
    if (last !== undefined && last.endVid + 1 >= entry.vid && sameFlags(last, entry)) {
      joined[joined.length - 1] = {
        ...last,
        endVid: Math.max(last.endVid, entry.endVid),
      };
    } else {
      joined.push(entry);
    }
  }
  return joined;
}

function sameFlags(a: VlanEntry, b: VlanEntry): boolean {
  return a.pvid === b.pvid && a.untagged === b.untagged;
}
