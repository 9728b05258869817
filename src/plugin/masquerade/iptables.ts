import { type Cidr, formatCidr, formatIp, maskCidr } from '../../inet/cidr.ts';
import type { NamedOwner } from '../state/attachment.ts';
import type { RunTool } from './masquerade.ts';

const FAMILIES = [
  { family: 4, prefix: 'iptables', multicast: '224.0.0.0/4' },
  { family: 6, prefix: 'ip6tables', multicast: 'ff00::/8' },
] as const;

/** Adds a chain for the attachment, and for each address a jump to it, all or none for each family. */
export function addIptablesRules(owner: NamedOwner, cidrs: readonly Cidr[], run: RunTool): void {
  const chain = chainOf(owner);
  for (const { family, prefix, multicast } of FAMILIES) {
    const own = cidrs.filter(({ ip }) => ip.family === family);
    if (own.length === 0) continue;
    const rules = [
      ...own.map((cidr) => `-A ${chain} -d ${formatCidr(maskCidr(cidr))} -j ACCEPT`),
      `-A ${chain} ! -d ${multicast} -j MASQUERADE`,
      ...own.map(({ ip }) => `-A POSTROUTING -s ${formatIp(ip)} -j ${chain}`),
    ];
    restore(prefix, [`:${chain} - [0:0]`, ...rules], run);
  }
}

/** Deletes the jumps and the chain of the attachment. */
export function delIptablesRules(owner: NamedOwner, run: RunTool): void {
  const chain = chainOf(owner);
  for (const { prefix } of FAMILIES) {
    const saved = savedLines(prefix, run);
    if (!saved.some((line) => line.startsWith(`:${chain} `))) continue;
    const jumps = saved.filter((line) => line.startsWith('-A ') && line.endsWith(` -j ${chain}`));
    restore(prefix, [...jumps.map((line) => line.replace(/^-A /, '-D ')), `-F ${chain}`, `-X ${chain}`], run);
  }
}

/** Whether the attachment has rules in either family. */
export function hasIptablesRules(owner: NamedOwner, run: RunTool): boolean {
  const jump = ` -j ${chainOf(owner)}`;
  return FAMILIES.some(({ prefix }) => savedLines(prefix, run).some((line) => line.endsWith(jump)));
}

function chainOf(owner: NamedOwner): string {
  return `VLAN-BRIDGE-${owner.hostName.slice('veth'.length)}`;
}

function savedLines(prefix: string, run: RunTool): readonly string[] {
  return run(`${prefix}-save`, ['-t', 'nat'])
    .split('\n')
    .map((line) => line.trim());
}

function restore(prefix: string, lines: readonly string[], run: RunTool): void {
  run(`${prefix}-restore`, ['--noflush', '--wait'], ['*nat', ...lines, 'COMMIT', ''].join('\n'));
}
