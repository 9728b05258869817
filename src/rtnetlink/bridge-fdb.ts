import { getU16, putU32 } from 'netlink/dist/structs.js';
import {
  attribute,
  type NetlinkMessage,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  readAttributes,
} from '../netlink/message.ts';
import { afterStruct, change, list } from './message.ts';
import * as uapi from './uapi.ts';

type Port = { readonly name: string; readonly ifindex: number };

/** A forwarding entry of the bridge: frames to this address leave by the port. */
export type FdbEntry = {
  /** ifindex of the port, or of the bridge itself. */
  readonly port: number;
  readonly mac: Buffer;
  /** `undefined` for the entry that counts where VLANs are not filtered. */
  readonly vid: number | undefined;
  /** Whether the bridge has it of a frame that came in, and not of somebody's word. */
  readonly learned: boolean;
};

/**
 * Adds static entries for the address on a port: one without a VLAN and one for each VLAN that the port is on now. They go with
 * the port, and stay on it whoever sends from the address. `bridge fdb add MAC dev PORT master static sticky`. EEXIST when there is
 * one already, on whatever port.
 */
export function addStaticFdb(port: Port, mac: Buffer): NetlinkMessage<void> {
  return stickyEntries('add', NLM_F_EXCL, port, mac);
}

/**
 * As addStaticFdb, but takes the entries that there are from their ports. `bridge fdb replace MAC dev PORT master static sticky`.
 */
export function replaceStaticFdb(port: Port, mac: Buffer): NetlinkMessage<void> {
  return stickyEntries('move', NLM_F_REPLACE, port, mac);
}

/** The entries on one port. `bridge fdb show brport PORT`. */
export function listFdb(port: Port): NetlinkMessage<readonly FdbEntry[]> {
  return list(`list forwarding entries of port "${port.name}"`, uapi.RTM_GETNEIGH, parseEntries, [
    neighbourMessage(port.ifindex),
  ]);
}

/** The entries of all ports of a bridge, and of itself. `bridge fdb show br BRIDGE`. */
export function listBridgeFdb(bridge: Port): NetlinkMessage<readonly FdbEntry[]> {
  return list(`list forwarding entries of bridge "${bridge.name}"`, uapi.RTM_GETNEIGH, parseEntries, [
    neighbourMessage(0),
    attribute(uapi.NDA_MASTER, putU32(bridge.ifindex)),
  ]);
}

function stickyEntries(verb: string, flag: number, port: Port, mac: Buffer): NetlinkMessage<void> {
  const message = neighbourMessage(port.ifindex);
  message.writeUInt16LE(uapi.NUD_NOARP | uapi.NUD_REACHABLE, 8);
  message.writeUInt8(uapi.NTF_MASTER | uapi.NTF_STICKY, 10);
  const operation = `${verb} static forwarding entries to port "${port.name}"`;
  return change(operation, uapi.RTM_NEWNEIGH, NLM_F_CREATE | flag, [
    message,
    attribute(uapi.NDA_LLADDR, mac),
  ]);
}

/** struct ndmsg { u8 ndm_family, pad1; u16 pad2; s32 ndm_ifindex; u16 ndm_state; u8 ndm_flags, ndm_type; } */
function neighbourMessage(ifindex: number): Buffer {
  const message = Buffer.alloc(12);
  message.writeUInt8(uapi.AF_BRIDGE, 0);
  message.writeInt32LE(ifindex, 4);
  return message;
}

function parseEntries(bodies: readonly Buffer[]): readonly FdbEntry[] {
  return bodies.flatMap((body) => {
    const attributes = readAttributes(afterStruct(body, 12));
    const mac = attributes.get(uapi.NDA_LLADDR);
    if (mac === undefined) return [];
    const state = body.readUInt16LE(8);
    const vid = attributes.get(uapi.NDA_VLAN);
    return [
      {
        port: body.readInt32LE(4),
        mac: Buffer.from(mac),
        vid: vid === undefined ? undefined : getU16(vid),
        learned: (state & (uapi.NUD_NOARP | uapi.NUD_PERMANENT)) === 0,
      },
    ];
  });
}
