import { getU16 } from 'netlink/dist/structs.js';
import {
  attribute,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_EXCL,
  readAttributes,
} from '../netlink/message.ts';
import { afterStruct, change, list } from './request.ts';
import * as uapi from './uapi.ts';

type Port = { readonly name: string; readonly ifindex: number };

/** A forwarding entry of the bridge: frames to this address leave by the port. */
export type FdbEntry = {
  readonly mac: Buffer;
  /** `undefined` for the entry that counts where VLANs are not filtered. */
  readonly vid: number | undefined;
};

/**
 * Adds static entries for the address on a port: one without a VLAN and one for each VLAN that the port is on now.
 * `bridge fdb add MAC dev PORT master static`. They go with the port. EEXIST when there is one already.
 */
export function addStaticFdb(port: Port, mac: Buffer): NetlinkRequest<void> {
  const message = neighbourMessage(port.ifindex);
  message.writeUInt16LE(uapi.NUD_NOARP | uapi.NUD_REACHABLE, 8);
  message.writeUInt8(uapi.NTF_MASTER, 10);
  const step = `add static forwarding entries to port "${port.name}"`;
  return change(step, uapi.RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, [
    message,
    attribute(uapi.NDA_LLADDR, mac),
  ]);
}

/** The entries on one port. `bridge fdb show brport PORT`. */
export function listFdb(port: Port): NetlinkRequest<readonly FdbEntry[]> {
  return list(`list forwarding entries of port "${port.name}"`, uapi.RTM_GETNEIGH, parseEntries, [
    neighbourMessage(port.ifindex),
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
    const vid = attributes.get(uapi.NDA_VLAN);
    return mac === undefined
      ? []
      : [{ mac: Buffer.from(mac), vid: vid === undefined ? undefined : getU16(vid) }];
  });
}
