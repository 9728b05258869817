import { CniError, errorCode } from '../../cni/error.ts';
import { NetlinkError } from '../../netlink/error.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { addVlans, delVlans, listAllVlans, listVlans, type VlanEntry } from '../../rtnetlink/bridge-vlan.ts';
import { getLink, getLinkByIndex, listPorts } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { revertUnlessInUse } from '../bridge/revert.ts';
import { AttemptAll } from '../failure/attempt-all.ts';
import type { Rollback } from '../failure/rollback.ts';
import { withBridgeLock } from '../state/bridge-lock.ts';
import type { RunDirectory } from '../state/run-directory.ts';
import {
  listUplinkRecords,
  readUplinkRecord,
  type UplinkRecord,
  writeUplinkRecord,
} from '../state/uplink-record.ts';
import type { VidRange } from '../vlan/port-vlans.ts';
import { formatRanges, taggedEntries, vidRanges, vidSet } from '../vlan/vid-range.ts';

/** An uplink that is a port of the bridge. */
type UplinkPort = { readonly bridge: Link; readonly uplink: Link };

/** The VIDs that an ADD expects on the uplink, and those among them that it opens. */
type Opening = {
  readonly expected: readonly VidRange[];
  readonly missing: readonly VidRange[];
  readonly run: RunDirectory;
  readonly rollback: Rollback;
};

/**
 * Opens the VIDs on the uplink, tagged, and reads them back; those that are there already keep their flags. What killed processes
 * have left open is closed first. To be called under the bridge's exclusive lock.
 * @param attached whether the VIDs are to be closed again when no port uses them any more; otherwise they are left for good
 * @throws CniError 105 when the uplink does not take them
 */
export function openVids(
  host: NetlinkSocket,
  port: UplinkPort,
  { attached, ...opening }: Omit<Opening, 'missing'> & { readonly attached: boolean },
): void {
  const { run, expected } = opening;
  const record = readOwnRecord(run, port);
  if (record.vids.length > 0) closeUnused(host, port, { run, record, keep: expected });
  const present = vidSet(host.execute(listVlans(port.uplink)));
  const missing = vidRanges([...vidSet(expected)].filter((vid) => !present.has(vid)));
  if (attached) recordOpened(host, port, { ...opening, missing });
  else keepOpen(host, port, { ...opening, missing });
  if (missing.length > 0) addAndReadBack(host, port.uplink, { expected, missing, count: present.size });
}

/** Records the VIDs: they are closed with the last port that uses them. */
function recordOpened(host: NetlinkSocket, port: UplinkPort, { run, missing, rollback }: Opening): void {
  rollback.add(`close VLANs on uplink "${port.uplink.name}"`, () => closeUnusedVids(host, run));
  if (missing.length === 0) return;
  const record = readOwnRecord(run, port);
  writeUplinkRecord(run, { ...record, vids: vidRanges([...vidSet(record.vids), ...vidSet(missing)]) });
}

/** Takes the VIDs out of the record, so that they stay open. Only a failing ADD closes those that it opened. */
function keepOpen(
  host: NetlinkSocket,
  { bridge, uplink }: UplinkPort,
  { run, expected, missing, rollback }: Opening,
): void {
  const record = readOwnRecord(run, { bridge, uplink });
  const kept = vidSet(expected);
  const vids = vidRanges([...vidSet(record.vids)].filter((vid) => !kept.has(vid)));
  if (record.vids.length > 0) writeUplinkRecord(run, { ...record, vids });
  if (missing.length === 0) return;
  const known = host.execute(listPorts(bridge));
  const revert = (ports: readonly number[]): void => {
    // The kernel refuses VLANs on a link that has been taken out of the bridge.
    if (ports.includes(uplink.ifindex)) host.execute(delVlans(uplink, taggedEntries(missing)));
  };
  rollback.add(`close VLANs on uplink "${uplink.name}"`, () =>
    revertUnlessInUse(host, { run, bridge, known, revert }),
  );
}

function addAndReadBack(
  host: NetlinkSocket,
  uplink: Link,
  {
    expected,
    missing,
    count,
  }: { expected: readonly VidRange[]; missing: readonly VidRange[]; count: number },
): void {
  try {
    host.execute(addVlans(uplink, taggedEntries(missing)));
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    throw refused(uplink, missing, count, error);
  }
  const after = vidSet(host.execute(listVlans(uplink)));
  const lacking = vidRanges([...vidSet(expected)].filter((vid) => !after.has(vid)));
  if (lacking.length > 0) throw refused(uplink, lacking, after.size);
}

/**
 * Closes, on the uplinks of this network namespace, the VIDs that this plugin opened and that no port of the bridge has any more,
 * nor the bridge itself. What the ports have counts, not who came and went: a process that was killed is made good for here.
 */
export function closeUnusedVids(host: NetlinkSocket, run: RunDirectory): void {
  const attempts = new AttemptAll();
  for (const { bridge, uplinkIfindex } of listUplinkRecords(run)) {
    const step = `close unused VLANs on the uplink of bridge "${bridge}"`;
    attempts.attempt(step, () => closeUnusedOf(host, run, { bridge, uplinkIfindex }));
  }
  attempts.throwFailures();
}

function closeUnusedOf(
  host: NetlinkSocket,
  run: RunDirectory,
  { bridge: name, uplinkIfindex }: Pick<UplinkRecord, 'bridge' | 'uplinkIfindex'>,
): void {
  withBridgeLock(run, { bridge: name, mode: 'exclusive' }, () => {
    const record = readUplinkRecord(run, uplinkIfindex);
    if (record?.bridge !== name) return;
    const bridge = host.find(getLink(name));
    const uplink = host.find(getLinkByIndex(uplinkIfindex));
    if (bridge !== undefined && uplink !== undefined && isAbout(record, bridge, uplink)) {
      closeUnused(host, { bridge, uplink }, { run, record, keep: [] });
    } else {
      // The bridge or the uplink is another one by now, and has none of these VIDs from us.
      writeUplinkRecord(run, { ...record, vids: [] });
    }
  });
}

/**
 * To be called under the bridge's exclusive lock, by which no port is half way in.
 * @param keep VIDs that count as used
 */
function closeUnused(
  host: NetlinkSocket,
  { bridge, uplink }: UplinkPort,
  { run, record, keep }: { run: RunDirectory; record: UplinkRecord; keep: readonly VidRange[] },
): void {
  const vlans = host.execute(listAllVlans());
  const others = [bridge.ifindex, ...host.execute(listPorts(bridge))].filter(
    (ifindex) => ifindex !== uplink.ifindex,
  );
  const used = new Set([
    ...vidSet(keep),
    ...others.flatMap((ifindex) => usedVids(run, ifindex, vlans.get(ifindex) ?? [])),
  ]);
  const unused = [...vidSet(record.vids)].filter((vid) => !used.has(vid));
  if (unused.length === 0) return;
  // What an administrator has made untagged meanwhile is theirs.
  const tagged = vidSet((vlans.get(uplink.ifindex) ?? []).filter(({ pvid, untagged }) => !pvid && !untagged));
  const open = vidRanges(unused.filter((vid) => tagged.has(vid)));
  if (open.length > 0) host.execute(delVlans(uplink, taggedEntries(open)));
  const vids = vidRanges([...vidSet(record.vids)].filter((vid) => used.has(vid)));
  writeUplinkRecord(run, { ...record, vids });
}

/** The VIDs of a port; of another uplink those alone that this plugin has not opened. */
function usedVids(run: RunDirectory, ifindex: number, entries: readonly VlanEntry[]): readonly number[] {
  const opened = vidSet(readUplinkRecord(run, ifindex)?.vids ?? []);
  return [...vidSet(entries)].filter((vid) => !opened.has(vid));
}

/** What is remembered of the uplink, without VIDs where that is nothing, or is about another bridge or uplink of before. */
function readOwnRecord(run: RunDirectory, { bridge, uplink }: UplinkPort): UplinkRecord {
  const record = readUplinkRecord(run, uplink.ifindex);
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

function refused(uplink: Link, vids: readonly VidRange[], count: number, cause?: NetlinkError): CniError {
  const words =
    cause === undefined
      ? 'and the kernel says nothing'
      : `${cause.code}${cause.extendedAck === undefined ? '' : `: ${cause.extendedAck}`}`;
  return new CniError(
    errorCode.uplinkUnusable,
    `uplink "${uplink.name}" does not take VLAN ${formatRanges(vids)} (${words}); it holds ${count} VLANs, and the VLAN filter of a NIC may be full: use "vids": "attached" or a shorter list`,
    { cause },
  );
}
