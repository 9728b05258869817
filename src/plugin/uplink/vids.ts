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

/** The VIDs that an ADD expects on the uplink, and the missing ones, which the ADD opens. */
type Opening = {
  readonly expected: readonly VidRange[];
  readonly missing: readonly VidRange[];
  readonly run: RunDirectory;
  readonly rollback: Rollback;
};

/**
 * Opens the VIDs on the uplink, tagged, as `bridge vlan add dev UPLINK vid VID` does, and reads them back. VIDs that the uplink already
 * has keep their flags. First closes the unused VIDs that killed processes left open. The caller holds the bridge's exclusive lock.
 * @param attached whether a later call closes a VID that no port uses any more; otherwise the VIDs stay open
 * @throws CniError 105 when the kernel or the NIC refuses a VID
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

/** Records the VIDs before they are opened. A later call closes a VID when the last port that uses it is gone. */
function recordOpened(host: NetlinkSocket, port: UplinkPort, { run, missing, rollback }: Opening): void {
  rollback.add(`close VLANs on uplink "${port.uplink.name}"`, () => closeUnusedVids(host, run));
  if (missing.length === 0) return;
  const record = readOwnRecord(run, port);
  writeUplinkRecord(run, { ...record, vids: vidRanges([...vidSet(record.vids), ...vidSet(missing)]) });
}

/** Removes the VIDs from the record, so that they stay open. Only the rollback of this ADD closes the VIDs that it opened. */
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
    // The kernel refuses VLAN changes on a link that has left the bridge.
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
 * Closes unused VIDs on the uplinks of this network namespace: VIDs that this plugin opened and that neither the bridge nor another
 * port has any more. It reads the VLANs of the ports and keeps no count of pods, so it also cleans up after killed processes.
 * @throws CniError with all failures
 */
export function closeUnusedVids(host: NetlinkSocket, run: RunDirectory): void {
  const attempts = new AttemptAll();
  for (const { bridge, uplinkIfindex } of listUplinkRecords(run)) {
    const operation = `close unused VLANs on the uplink of bridge "${bridge}"`;
    attempts.attempt(operation, () => closeUnusedOf(host, run, { bridge, uplinkIfindex }));
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
      // Another bridge or uplink has the name or ifindex now. This plugin opened none of the recorded VIDs on it.
      writeUplinkRecord(run, { ...record, vids: [] });
    }
  });
}

/**
 * Closes the recorded VIDs that neither the bridge nor another port has. The caller holds the bridge's exclusive lock: otherwise a port
 * that is just joining could lose its VLAN.
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
  // Keep a VID that is untagged now: an administrator changed it.
  const tagged = vidSet((vlans.get(uplink.ifindex) ?? []).filter(({ pvid, untagged }) => !pvid && !untagged));
  const open = vidRanges(unused.filter((vid) => tagged.has(vid)));
  if (open.length > 0) host.execute(delVlans(uplink, taggedEntries(open)));
  const vids = vidRanges([...vidSet(record.vids)].filter((vid) => used.has(vid)));
  writeUplinkRecord(run, { ...record, vids });
}

/** Lists the VIDs of a port. Leaves out VIDs that this plugin opened on another uplink: they are no use of their own. */
function usedVids(run: RunDirectory, ifindex: number, entries: readonly VlanEntry[]): readonly number[] {
  const opened = vidSet(readUplinkRecord(run, ifindex)?.vids ?? []);
  return [...vidSet(entries)].filter((vid) => !opened.has(vid));
}

/** Reads the record of the uplink. Returns a record without VIDs when there is none, or when it describes an earlier bridge or uplink. */
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
      ? 'the kernel reports no error'
      : `${cause.code}${cause.extendedAck === undefined ? '' : `: ${cause.extendedAck}`}`;
  return new CniError(
    errorCode.uplinkUnusable,
    `uplink "${uplink.name}" does not take VLAN ${formatRanges(vids)} (${words}); it holds ${count} VLANs, and the VLAN filter of a NIC may be full: use "vids": "attached" or a shorter list`,
    { cause },
  );
}
