import { CniError, errorCode } from '../../cni/error.ts';
import { NetlinkError } from '../../netlink/error.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { addVlans, delVlans, listAllVlans, listVlans, type VlanEntry } from '../../rtnetlink/bridge-vlan.ts';
import { getLink, getLinkByIndex, listPorts } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { Cleanup } from '../failure/attempt-all.ts';
import type { Undo } from '../failure/rollback.ts';
import { withBridgeLock } from '../state/bridge-lock.ts';
import {
  listUplinkRecords,
  readUplinkRecord,
  type UplinkRecord,
  writeUplinkRecord,
} from '../state/uplink-record.ts';
import type { VidRange } from '../vlan/port-vlans.ts';
import { formatRanges, taggedEntries, vidRanges, vidSet } from '../vlan/vid-range.ts';

/** An uplink that is a port of the bridge. */
type Place = { readonly bridge: Link; readonly uplink: Link };

/**
 * Opens the VIDs on the uplink, tagged, and reads them back; those that are there already keep their flags. What killed processes
 * have left open is closed first. To be called under the bridge's exclusive lock.
 * @param attached whether the VIDs are to be closed again when no port uses them any more; otherwise they are left for good
 * @throws CniError 105 when the uplink does not take them
 */
export function openVids(
  host: NetlinkSocket,
  place: Place,
  { wanted, attached, undo }: { wanted: readonly VidRange[]; attached: boolean; undo: Undo },
): void {
  const record = readOwnRecord(place);
  if (record.vids.length > 0) closeUnused(host, place, { record, spared: wanted });
  const present = vidSet(host.request(listVlans(place.uplink)));
  const missing = vidRanges([...vidSet(wanted)].filter((vid) => !present.has(vid)));
  if (attached) remember(host, place, missing, undo);
  else leave(host, place, { wanted, missing, undo });
  if (missing.length > 0) addAndReadBack(host, place.uplink, { wanted, missing, holds: present.size });
}

/** Notes the VIDs, to be closed with the last port that uses them. */
function remember(host: NetlinkSocket, place: Place, missing: readonly VidRange[], undo: Undo): void {
  undo.push(`close VLANs on uplink "${place.uplink.name}"`, () => closeUnusedVids(host));
  if (missing.length === 0) return;
  const record = readOwnRecord(place);
  writeUplinkRecord({ ...record, vids: vidRanges([...vidSet(record.vids), ...vidSet(missing)]) });
}

/** Has the VIDs stay for good: those that are noted are so no more, and only a failing ADD closes what it opened. */
function leave(
  host: NetlinkSocket,
  { bridge, uplink }: Place,
  { wanted, missing, undo }: { wanted: readonly VidRange[]; missing: readonly VidRange[]; undo: Undo },
): void {
  const record = readOwnRecord({ bridge, uplink });
  const kept = vidSet(wanted);
  const vids = vidRanges([...vidSet(record.vids)].filter((vid) => !kept.has(vid)));
  if (record.vids.length > 0) writeUplinkRecord({ ...record, vids });
  if (missing.length === 0) return;
  const before = host.request(listPorts(bridge));
  undo.push(`close VLANs on uplink "${uplink.name}"`, () => {
    withBridgeLock(bridge.name, 'exclusive', () => {
      const ports = host.find(listPorts(bridge)) ?? [];
      // A port that has come since may rely on them.
      const alone = ports.includes(uplink.ifindex) && ports.every((port) => before.includes(port));
      if (alone) host.request(delVlans(uplink, taggedEntries(missing)));
    });
  });
}

function addAndReadBack(
  host: NetlinkSocket,
  uplink: Link,
  { wanted, missing, holds }: { wanted: readonly VidRange[]; missing: readonly VidRange[]; holds: number },
): void {
  try {
    host.request(addVlans(uplink, taggedEntries(missing)));
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    throw refused(uplink, missing, holds, error);
  }
  const after = vidSet(host.request(listVlans(uplink)));
  const lacking = vidRanges([...vidSet(wanted)].filter((vid) => !after.has(vid)));
  if (lacking.length > 0) throw refused(uplink, lacking, after.size);
}

/**
 * Closes, on the uplinks of this network namespace, the VIDs that this plugin opened and that no port of the bridge has any more,
 * nor the bridge itself. What the ports have counts, not who came and went: a process that was killed is made good for here.
 */
export function closeUnusedVids(host: NetlinkSocket): void {
  const cleanup = new Cleanup();
  for (const { bridge, uplinkIfindex } of listUplinkRecords()) {
    const step = `close unused VLANs on the uplink of bridge "${bridge}"`;
    cleanup.run(step, () => closeUnusedOf(host, bridge, uplinkIfindex));
  }
  cleanup.finish();
}

function closeUnusedOf(host: NetlinkSocket, name: string, uplinkIfindex: number): void {
  withBridgeLock(name, 'exclusive', () => {
    const record = readUplinkRecord(uplinkIfindex);
    if (record?.bridge !== name) return;
    const bridge = host.find(getLink(name));
    const uplink = host.find(getLinkByIndex(uplinkIfindex));
    if (bridge !== undefined && uplink !== undefined && isAbout(record, bridge, uplink)) {
      closeUnused(host, { bridge, uplink }, { record, spared: [] });
    } else {
      // The bridge or the uplink is another one by now, and has none of these VIDs from us.
      writeUplinkRecord({ ...record, vids: [] });
    }
  });
}

/**
 * To be called under the bridge's exclusive lock, by which no port is half way in.
 * @param spared VIDs that count as used
 */
function closeUnused(
  host: NetlinkSocket,
  { bridge, uplink }: Place,
  { record, spared }: { record: UplinkRecord; spared: readonly VidRange[] },
): void {
  const vlans = host.request(listAllVlans());
  const others = [bridge.ifindex, ...host.request(listPorts(bridge))].filter(
    (ifindex) => ifindex !== uplink.ifindex,
  );
  const used = new Set([
    ...vidSet(spared),
    ...others.flatMap((ifindex) => [...usedVids(ifindex, vlans.get(ifindex) ?? [])]),
  ]);
  const unused = [...vidSet(record.vids)].filter((vid) => !used.has(vid));
  if (unused.length === 0) return;
  // What an administrator has made untagged meanwhile is theirs.
  const tagged = vidSet((vlans.get(uplink.ifindex) ?? []).filter(({ pvid, untagged }) => !pvid && !untagged));
  const open = vidRanges(unused.filter((vid) => tagged.has(vid)));
  if (open.length > 0) host.request(delVlans(uplink, taggedEntries(open)));
  writeUplinkRecord({ ...record, vids: vidRanges([...vidSet(record.vids)].filter((vid) => used.has(vid))) });
}

/** The VIDs of a port; of another uplink those alone that this plugin has not opened. */
function usedVids(ifindex: number, entries: readonly VlanEntry[]): readonly number[] {
  const opened = vidSet(readUplinkRecord(ifindex)?.vids ?? []);
  return [...vidSet(entries)].filter((vid) => !opened.has(vid));
}

/** What is remembered of the uplink, without VIDs where that is nothing, or is about another bridge or uplink of before. */
function readOwnRecord({ bridge, uplink }: Place): UplinkRecord {
  const record = readUplinkRecord(uplink.ifindex);
  if (record !== undefined && isAbout(record, bridge, uplink)) return record;
  return { bridge: bridge.name, bridgeIfindex: bridge.ifindex, uplinkIfindex: uplink.ifindex, vids: [] };
}

function isAbout(record: UplinkRecord, bridge: Link, uplink: Link): boolean {
  return (
    record.bridgeIfindex === bridge.ifindex &&
    record.uplinkIfindex === uplink.ifindex &&
    uplink.master === bridge.ifindex
  );
}

function refused(uplink: Link, vids: readonly VidRange[], holds: number, cause?: NetlinkError): CniError {
  const words =
    cause === undefined
      ? 'and the kernel says nothing'
      : `${cause.code}${cause.extendedAck === undefined ? '' : `: ${cause.extendedAck}`}`;
  return new CniError(
    errorCode.uplinkUnusable,
    `uplink "${uplink.name}" does not take VLAN ${formatRanges(vids)} (${words}); it holds ${holds} VLANs, and the VLAN filter of a NIC may be full: use "vids": "attached" or a shorter list`,
    { cause },
  );
}
