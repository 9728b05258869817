import { CniError } from '../../cni/error.ts';
import { fields, integer, list, parseJson, read, text } from '../../cni/json.ts';
import { currentNetnsId } from '../../sys/netns.ts';
import { listRunFiles, readRunFile, removeRunFile, writeRunFile } from '../../sys/run-file.ts';
import type { VidRange } from '../vlan/port-vlans.ts';

/**
 * Which VIDs this plugin has opened on an uplink, and so may close again. Written before they are opened: a VID that stands here
 * and was never opened does no harm, one that was opened and does not stand here would stay open.
 */
export type UplinkRecord = {
  readonly bridge: string;
  /** Tell whether the links of these names are still the ones that the record is about. */
  readonly bridgeIfindex: number;
  readonly uplinkIfindex: number;
  readonly vids: readonly VidRange[];
};

const SUFFIX = '.uplink';
const MAX_IFINDEX = 0x7fff_ffff;

/** What is remembered of an uplink; `undefined` when there is nothing, or nothing that can be read. */
export function readUplinkRecord(uplinkIfindex: number): UplinkRecord | undefined {
  return parseRecord(readRunFile(fileName(uplinkIfindex)));
}

/** All that is remembered in this network namespace. */
export function listUplinkRecords(): readonly UplinkRecord[] {
  const own = listRunFiles(SUFFIX).filter((name) => name.startsWith(`${currentNetnsId()}-`));
  return own.flatMap((name) => parseRecord(readRunFile(name)) ?? []);
}

/** Remembers it, or forgets it when there is no VID in it. */
export function writeUplinkRecord(record: UplinkRecord): void {
  const name = fileName(record.uplinkIfindex);
  if (record.vids.length === 0) removeRunFile(name);
  else writeRunFile(name, JSON.stringify(record));
}

function fileName(uplinkIfindex: number): string {
  return `${currentNetnsId()}-${uplinkIfindex}${SUFFIX}`;
}

/** A torn record closes nothing: VIDs that stay open are a smaller harm than one that is closed under somebody. */
function parseRecord(content: string | undefined): UplinkRecord | undefined {
  if (content === undefined) return undefined;
  const vid = () => integer({ min: 1, max: 4094 });
  const ifindex = () => integer({ min: 1, max: MAX_IFINDEX });
  const vids = () => list(fields({}, { first: vid, last: vid }));
  try {
    const schema = fields({}, { bridge: text, bridgeIfindex: ifindex, uplinkIfindex: ifindex, vids });
    return read(schema, parseJson(content, 'uplink record')).data;
  } catch (error) {
    if (error instanceof CniError) return undefined;
    throw error;
  }
}
