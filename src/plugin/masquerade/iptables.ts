import { type Cidr, formatCidr, formatIp, maskCidr } from '../../inet/cidr.ts';
import type { NamedHostEnd } from '../state/attachment.ts';
import type { RunTool } from './host-tools.ts';

const FAMILIES = [
  { family: 4, prefix: 'iptables', multicast: '224.0.0.0/4' },
  { family: 6, prefix: 'ip6tables', multicast: 'ff00::/8' },
] as const;

/** Adds a chain for the attachment and a jump to it for each address, with iptables-restore. Each family is one transaction. */
export function addIptablesRules(hostEnd: NamedHostEnd, cidrs: readonly Cidr[], runTool: RunTool): void {
  const chain = chainOf(hostEnd);
  for (const { family, prefix, multicast } of FAMILIES) {
    const own = cidrs.filter(({ ip }) => ip.family === family);
    if (own.length === 0) continue;
    const rules = [
      ...own.map((cidr) => `-A ${chain} -d ${formatCidr(maskCidr(cidr))} -j ACCEPT`),
      `-A ${chain} ! -d ${multicast} -j MASQUERADE`,
      ...own.map(({ ip }) => `-A POSTROUTING -s ${formatIp(ip)} -j ${chain}`),
    ];
    restore(prefix, [`:${chain} - [0:0]`, ...rules], runTool);
  }
}

/** Deletes the jumps and the chain of the attachment; a missing chain is no error. */
export function delIptablesRules(hostEnd: NamedHostEnd, runTool: RunTool): void {
  const chain = chainOf(hostEnd);
  for (const { prefix } of FAMILIES) {
    const saved = savedLines(prefix, runTool);
    if (!saved.some((line) => line.startsWith(`:${chain} `))) continue;
    const jumps = saved.filter((line) => line.startsWith('-A ') && line.endsWith(` -j ${chain}`));
    restore(
      prefix,
      [...jumps.map((line) => line.replace(/^-A /, '-D ')), `-F ${chain}`, `-X ${chain}`],
      runTool,
    );
  }
}

/** Whether the attachment has rules in either family. */
export function hasIptablesRules(hostEnd: NamedHostEnd, runTool: RunTool): boolean {
  const jump = ` -j ${chainOf(hostEnd)}`;
  return FAMILIES.some(({ prefix }) => savedLines(prefix, runTool).some((line) => line.endsWith(jump)));
}

function chainOf(hostEnd: NamedHostEnd): string {
  return `VLAN-BRIDGE-${hostEnd.hostName.slice('veth'.length)}`;
}

function savedLines(prefix: string, runTool: RunTool): readonly string[] {
  return runTool(`${prefix}-save`, ['-t', 'nat'])
    .split('\n')
    .map((line) => line.trim());
}

function restore(prefix: string, lines: readonly string[], runTool: RunTool): void {
  runTool(`${prefix}-restore`, ['--noflush', '--wait'], ['*nat', ...lines, 'COMMIT', ''].join('\n'));
}
