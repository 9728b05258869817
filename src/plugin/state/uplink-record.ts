import { fields, integer, list, read, text } from '../../cni/schema.ts';
import type { VidRange } from '../vlan/port-vlans.ts';
import { type RecordStore, recordStore } from './record-store.ts';
import type { RunDirectory } from './run-directory.ts';

/**
 * The VIDs that this plugin opened on an uplink and may close again. It is written before the VIDs are opened: an open VID without a
 * record would never be closed, while a recorded VID that is not open does no harm.
 */
export type UplinkRecord = {
  readonly bridge: string;
  /** The ifindexes tell whether the current links are still the links of the record. */
  readonly bridgeIfindex: number;
  readonly uplinkIfindex: number;
  readonly vids: readonly VidRange[];
};

const SUFFIX = '.uplink';
const MAX_IFINDEX = 0x7fff_ffff;

/** Reads the record of an uplink; `undefined` when it does not exist or is damaged. @throws SyscallError, UntrustedFile */
export function readUplinkRecord(run: RunDirectory, uplinkIfindex: number): UplinkRecord | undefined {
  return storeIn(run).read(`${uplinkIfindex}`);
}

/** Lists the records of all uplinks. @throws SyscallError, UntrustedFile */
export function listUplinkRecords(run: RunDirectory): readonly UplinkRecord[] {
  return storeIn(run).list();
}

/** Writes the record of an uplink, or removes a record without VIDs. @throws SyscallError, UntrustedFile */
export function writeUplinkRecord(run: RunDirectory, record: UplinkRecord): void {
  const name = `${record.uplinkIfindex}`;
  if (record.vids.length === 0) storeIn(run).remove(name);
  else storeIn(run).write(name, record);
}

function storeIn(run: RunDirectory): RecordStore<UplinkRecord> {
  const vid = () => integer({ min: 1, max: 4094 });
  const ifindex = () => integer({ min: 1, max: MAX_IFINDEX });
  const vids = () => list(fields({}, { first: vid, last: vid }));
  const schema = () => fields({}, { bridge: text, bridgeIfindex: ifindex, uplinkIfindex: ifindex, vids });
  return recordStore<UplinkRecord>(run, SUFFIX, (json) => read(schema(), json).data);
}
