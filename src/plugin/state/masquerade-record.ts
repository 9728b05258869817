import { CniError } from '../../cni/error.ts';
import { fields, parsedText, parseJson, read, text } from '../../cni/json.ts';
import { currentNetnsId } from '../../sys/netns.ts';
import { listRunFiles, readRunFile, removeRunFile, writeRunFile } from '../../sys/run-file.ts';
import type { MasqueradeBackend } from '../masquerade/masquerade.ts';
import { type Attachment, type NamedOwner, ownerOf } from './attachment.ts';

/**
 * What DEL has to know when neither the configuration nor the link can tell any more: that the attachment has masquerade rules,
 * and where. Written before the rules are made, removed after they are gone.
 */
export type MasqueradeRecord = Attachment & { readonly backend: MasqueradeBackend };

const SUFFIX = '.masquerade';

/** Remembers that the attachment is about to get rules. */
export function writeMasqueradeRecord(record: MasqueradeRecord): void {
  writeRunFile(fileName(ownerOf(record)), JSON.stringify(record));
}

/** What is remembered of the attachment; `undefined` when it never had rules. */
export function readMasqueradeRecord(owner: NamedOwner): MasqueradeRecord | undefined {
  return parseRecord(readRunFile(fileName(owner)));
}

/** All that is remembered in this network namespace, for one network. */
export function listMasqueradeRecords(network: string): readonly MasqueradeRecord[] {
  const own = listRunFiles(SUFFIX).filter((name) => name.startsWith(`${currentNetnsId()}-`));
  return own
    .flatMap((name) => parseRecord(readRunFile(name)) ?? [])
    .filter((record) => record.network === network);
}

/** Forgets it. */
export function removeMasqueradeRecord(owner: NamedOwner): void {
  removeRunFile(fileName(owner));
}

function fileName(owner: NamedOwner): string {
  return `${currentNetnsId()}-${owner.hostName}${SUFFIX}`;
}

/** A record that cannot be read says nothing: it is not a reason to fail DEL. */
function parseRecord(content: string | undefined): MasqueradeRecord | undefined {
  if (content === undefined) return undefined;
  const backend = () =>
    parsedText(
      (value): MasqueradeBackend | undefined =>
        value === 'nftables' || value === 'iptables' ? value : undefined,
      'must be a backend',
    );
  const schema = fields({}, { network: text, containerId: text, ifname: text, backend });
  try {
    return read(schema, parseJson(content, 'masquerade record')).data;
  } catch (error) {
    if (error instanceof CniError) return undefined;
    throw error;
  }
}
