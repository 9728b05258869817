import { parseJson } from '../../cni/json.ts';
import { fields, integer, list, read, text } from '../../cni/schema.ts';
import { type Cidr, formatCidr, formatIp, maskCidr } from '../../inet/cidr.ts';
import type { NamedHostEnd } from '../state/attachment.ts';
import type { RunTool } from './host-tools.ts';

const TABLE = 'inet vlan_bridge';
const CHAIN = `${TABLE} postrouting`;
/** Priority 100 is the kernel's priority of source NAT (include/uapi/linux/netfilter_ipv4.h: NF_IP_PRI_NAT_SRC). */
const CHAIN_SPEC = 'type nat hook postrouting priority 100; policy accept;';
const MULTICAST = { 4: '224.0.0.0/4', 6: 'ff00::/8' } as const;

/** Adds one rule for each address in one transaction, as `nft add rule` does. */
export function addNftRules(hostEnd: NamedHostEnd, cidrs: readonly Cidr[], runTool: RunTool): void {
  const rules = cidrs.map((cidr) => `add rule ${CHAIN} ${ruleOf(cidr)} comment "${hostEnd.hostName}"`);
  runTool(
    'nft',
    ['-f', '-'],
    [`add table ${TABLE}`, `add chain ${CHAIN} { ${CHAIN_SPEC} }`, ...rules, ''].join('\n'),
  );
}

/** Deletes the attachment's rules. Keeps the table for other attachments. */
export function delNftRules(hostEnd: NamedHostEnd, runTool: RunTool): void {
  const handles = handlesOf(hostEnd, runTool);
  if (handles.length === 0) return;
  runTool(
    'nft',
    ['-f', '-'],
    `${handles.map((handle) => `delete rule ${CHAIN} handle ${handle}`).join('\n')}\n`,
  );
}

/** Whether the attachment has rules. */
export function hasNftRules(hostEnd: NamedHostEnd, runTool: RunTool): boolean {
  return handlesOf(hostEnd, runTool).length > 0;
}

function ruleOf(cidr: Cidr): string {
  const family = cidr.ip.family === 4 ? 'ip' : 'ip6';
  const notMasqueraded = `{ ${formatCidr(maskCidr(cidr))}, ${MULTICAST[cidr.ip.family]} }`;
  return `${family} saddr ${formatIp(cidr.ip)} ${family} daddr != ${notMasqueraded} masquerade`;
}

/** Lists the handles of the attachment's rules. Lists the tables first: `nft list table` fails before the first attachment. */
function handlesOf(hostEnd: NamedHostEnd, runTool: RunTool): readonly number[] {
  const tables = readNft(runTool('nft', ['-j', 'list', 'tables']));
  if (!tables.some(({ table }) => table?.family === 'inet' && table.name === 'vlan_bridge')) return [];
  const items = readNft(runTool('nft', ['-j', '-a', 'list', 'table', ...TABLE.split(' ')]));
  return items.flatMap(({ rule }) => (rule?.comment === hostEnd.hostName ? [rule.handle] : []));
}

function readNft(output: string) {
  const table = () => fields({}, { family: text, name: text });
  const handle = () => integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  const rule = () => fields({ comment: text }, { handle });
  const items = () => list(fields({ table, rule }));
  const { data, problems } = read(fields({}, { nftables: items }), parseJson(output, 'the output of nft'));
  if (data === undefined) throw new Error(`the output of nft is not understood: ${problems.join('; ')}`);
  return data.nftables;
}
