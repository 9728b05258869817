import { fields, parsedText, read, text } from '../../cni/schema.ts';
import type { MasqueradeBackend } from '../config/netconf.ts';
import { type Attachment, hostEndOf, type NamedHostEnd } from './attachment.ts';
import { type RecordStore, recordStore } from './record-store.ts';
import type { RunDirectory } from './run-directory.ts';

/**
 * The masquerade rules of an attachment: that it has some, and in which packet filter. DEL needs it when neither the configuration
 * nor the link tells any more. Written before the rules are made, removed after they are gone.
 */
export type MasqueradeRecord = Attachment & { readonly backend: MasqueradeBackend };

const SUFFIX = '.masquerade';

/** Records that the attachment is about to get rules. @throws SyscallError, UntrustedFile */
export function writeMasqueradeRecord(run: RunDirectory, record: MasqueradeRecord): void {
  storeIn(run).write(hostEndOf(record).hostName, record);
}

/** The record of an attachment; `undefined` when it never had rules. @throws SyscallError, UntrustedFile */
export function readMasqueradeRecord(
  run: RunDirectory,
  { hostName }: NamedHostEnd,
): MasqueradeRecord | undefined {
  return storeIn(run).read(hostName);
}

/** The records of one network. @throws SyscallError, UntrustedFile */
export function listMasqueradeRecords(run: RunDirectory, network: string): readonly MasqueradeRecord[] {
  return storeIn(run)
    .list()
    .filter((record) => record.network === network);
}

/** Removes the record of an attachment; none is no error. @throws SyscallError */
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
