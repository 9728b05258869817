import { CniError, errorCode } from '../../cni/error.ts';
import type { Cidr } from '../../inet/cidr.ts';
import { findProgram } from '../../sys/program.ts';
import type { MasqueradeBackend } from '../config/netconf.ts';
import { hostEndOf, type NamedHostEnd } from '../state/attachment.ts';
import {
  type MasqueradeRecord,
  removeMasqueradeRecord,
  writeMasqueradeRecord,
} from '../state/masquerade-record.ts';
import type { RunDirectory } from '../state/run-directory.ts';
import { hostTools, type RunTool, toolFolders } from './host-tools.ts';
import { addIptablesRules, delIptablesRules, hasIptablesRules } from './iptables.ts';
import { addNftRules, delNftRules, hasNftRules } from './nftables.ts';

/** The operations of one packet filter. They find the rules by the name of the host end, so that DEL needs no addresses. */
type Backend = {
  /** Name of the host program that the backend needs. */
  readonly program: string;
  readonly add: (hostEnd: NamedHostEnd, cidrs: readonly Cidr[], runTool: RunTool) => void;
  /** Missing rules are no error. */
  readonly del: (hostEnd: NamedHostEnd, runTool: RunTool) => void;
  readonly has: (hostEnd: NamedHostEnd, runTool: RunTool) => boolean;
};

/** The backends in the order of preference. */
const BACKENDS: Readonly<Record<MasqueradeBackend, Backend>> = {
  nftables: { program: 'nft', add: addNftRules, del: delNftRules, has: hasNftRules },
  iptables: { program: 'iptables', add: addIptablesRules, del: delIptablesRules, has: hasIptablesRules },
};

/**
 * Chooses the backend: the requested one, else the first one whose program the host has.
 * @param searchPath PATH of the runtime
 * @throws CniError 7 when the host does not have the program
 */
export function chooseBackend(
  requested: MasqueradeBackend | undefined,
  searchPath: string,
): MasqueradeBackend {
  const folders = toolFolders(searchPath);
  const candidates = requested === undefined ? (Object.keys(BACKENDS) as MasqueradeBackend[]) : [requested];
  const found = candidates.find((backend) => findProgram(BACKENDS[backend].program, folders) !== undefined);
  if (found !== undefined) return found;
  const names = candidates.map((backend) => `"${BACKENDS[backend].program}"`).join(' nor ');
  const missing = `the host has ${candidates.length > 1 ? 'neither' : 'no'} ${names} in ${folders.join(':')}`;
  throw new CniError(errorCode.invalidConfig, `ipMasq: ${missing}`);
}

/**
 * Writes the record and adds the masquerade rules of the attachment: other subnets see an address of the host instead of the
 * container's.
 * @param searchPath PATH of the runtime
 * @throws CniError 999 when a host program fails, SyscallError, UntrustedFile
 */
export function attachMasquerade(
  run: RunDirectory,
  record: MasqueradeRecord,
  { cidrs, searchPath }: { readonly cidrs: readonly Cidr[]; readonly searchPath: string },
): void {
  writeMasqueradeRecord(run, record);
  BACKENDS[record.backend].add(hostEndOf(record), cidrs, hostTools(searchPath));
}

/**
 * Deletes the rules of the attachment and then their record. Missing rules are no error.
 * @throws CniError 999 when a host program fails, SyscallError
 */
export function detachMasquerade(
  run: RunDirectory,
  hostEnd: NamedHostEnd,
  { backend, searchPath }: { readonly backend: MasqueradeBackend; readonly searchPath: string },
): void {
  BACKENDS[backend].del(hostEnd, hostTools(searchPath));
  removeMasqueradeRecord(run, hostEnd);
}

/** Whether the attachment has rules. @throws CniError 999 when a host program fails */
export function hasMasquerade(backend: MasqueradeBackend, hostEnd: NamedHostEnd, runTool: RunTool): boolean {
  return BACKENDS[backend].has(hostEnd, runTool);
}
