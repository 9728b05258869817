import { fields, parsedText, read, text } from '../../cni/schema.ts';
import type { MasqueradeBackend } from '../config/netconf.ts';
import { type Attachment, hostEndOf, type NamedHostEnd } from './attachment.ts';
import { type RecordStore, recordStore } from './record-store.ts';
import type { RunDirectory } from './run-directory.ts';

/**
 * Records that an attachment has masquerade rules, and in which packet filter. DEL needs the record when the configuration and the link
 * are already gone. It is written before the rules are added and removed after they are deleted.
 */
export type MasqueradeRecord = Attachment & { readonly backend: MasqueradeBackend };

const SUFFIX = '.masquerade';

/** Writes the record of an attachment before its rules are added. @throws SyscallError, UntrustedFile */
export function writeMasqueradeRecord(run: RunDirectory, record: MasqueradeRecord): void {
  storeIn(run).write(hostEndOf(record).hostName, record);
}

/** Reads the record of an attachment; `undefined` when it has no rules. @throws SyscallError, UntrustedFile */
export function readMasqueradeRecord(
  run: RunDirectory,
  { hostName }: NamedHostEnd,
): MasqueradeRecord | undefined {
  return storeIn(run).read(hostName);
}

/** Lists the records of one network. @throws SyscallError, UntrustedFile */
export function listMasqueradeRecords(run: RunDirectory, network: string): readonly MasqueradeRecord[] {
  return storeIn(run)
    .list()
    .filter((record) => record.network === network);
}

/** Removes the record of an attachment; a missing record is no error. @throws SyscallError */
export function removeMasqueradeRecord(run: RunDirectory, { hostName }: NamedHostEnd): void {
  storeIn(run).remove(hostName);
}

function storeIn(run: RunDirectory): RecordStore<MasqueradeRecord> {
  const backend = () => parsedText(backendOf, 'must be a backend');
  const schema = () => fields({}, { network: text, containerId: text, ifname: text, backend });
  return recordStore<MasqueradeRecord>(run, SUFFIX, (json) => read(schema(), json).data);
}

function backendOf(value: string): MasqueradeBackend | undefined {
  return value === 'nftables' || value === 'iptables' ? value : undefined;
}
