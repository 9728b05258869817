import { CniError, errorCode } from '../../cni/error.ts';
import type { Request } from '../../cni/request.ts';
import type { Cidr } from '../../inet/cidr.ts';
import { findProgram, runProgram } from '../../sys/program.ts';
import type { NamedOwner } from '../state/attachment.ts';
import { removeMasqueradeRecord } from '../state/masquerade-record.ts';
import { addIptablesRules, delIptablesRules, hasIptablesRules } from './iptables.ts';
import { addNftRules, delNftRules, hasNftRules } from './nftables.ts';

/** Which of the host's packet filters holds the rules. */
export type MasqueradeBackend = 'nftables' | 'iptables';

/** Runs a program of the host with text on its stdin, and gives what it printed. @throws CniError 999 when it fails */
export type RunTool = (name: string, args: readonly string[], input?: string) => string;

/**
 * The backend to use: the one that is asked for, else nftables where its program is there, else iptables.
 * @throws CniError 7 when the host has not got the program
 */
export function chooseBackend(wanted: MasqueradeBackend | undefined, searchPath: string): MasqueradeBackend {
  const folders = toolFolders(searchPath);
  const candidates: readonly MasqueradeBackend[] = wanted === undefined ? ['nftables', 'iptables'] : [wanted];
  const found = candidates.find((backend) => findProgram(PROGRAMS[backend], folders) !== undefined);
  if (found !== undefined) return found;
  const names = candidates.map((backend) => `"${PROGRAMS[backend]}"`).join(' nor ');
  const missing = `the host has ${candidates.length > 1 ? 'neither' : 'no'} ${names} in ${folders.join(':')}`;
  throw new CniError(errorCode.invalidConfig, `ipMasq: ${missing}`);
}

/** Hides the container's addresses behind the host's when it talks to others than its own subnet. */
export function addMasquerade(
  backend: MasqueradeBackend,
  owner: NamedOwner,
  cidrs: readonly Cidr[],
  run: RunTool,
): void {
  if (backend === 'nftables') addNftRules(owner, cidrs, run);
  else addIptablesRules(owner, cidrs, run);
}

/** Takes the attachment's rules away, whatever its addresses were; none being there is no error. */
export function delMasquerade(backend: MasqueradeBackend, owner: NamedOwner, run: RunTool): void {
  if (backend === 'nftables') delNftRules(owner, run);
  else delIptablesRules(owner, run);
}

/** Takes the attachment's rules away and forgets them. */
export function detachMasquerade(
  owner: NamedOwner,
  backend: MasqueradeBackend,
  { environment }: Request,
): void {
  delMasquerade(backend, owner, hostTools(environment.PATH ?? ''));
  removeMasqueradeRecord(owner);
}

/** Whether the attachment has rules. */
export function hasMasquerade(backend: MasqueradeBackend, owner: NamedOwner, run: RunTool): boolean {
  return backend === 'nftables' ? hasNftRules(owner, run) : hasIptablesRules(owner, run);
}

/** Runs the host's programs, found by its search path and where distributions put them. */
export function hostTools(searchPath: string): RunTool {
  const folders = toolFolders(searchPath);
  return (name, args, input = '') => {
    const file = findProgram(name, folders);
    if (file === undefined)
      throw new CniError(errorCode.internal, `cannot find "${name}" in ${folders.join(':')}`);
    const { stdout, stderr, failure } = runProgram({ file, args, env: { PATH: folders.join(':') }, input });
    if (failure === undefined) return stdout;
    throw new CniError(errorCode.internal, `"${[name, ...args].join(' ')}" ${failure}`, {
      details: stderr.trim(),
    });
  };
}

const PROGRAMS = { nftables: 'nft', iptables: 'iptables' } as const;

function toolFolders(searchPath: string): readonly string[] {
  const usual = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];
  const given = searchPath.split(':').filter((folder) => folder.startsWith('/'));
  return [...new Set([...given, ...usual])];
}
