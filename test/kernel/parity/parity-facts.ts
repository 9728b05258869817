import { runScript, type Testbed } from './parity.ts';
import { type Attributes, type Facts, leaves } from './parity-compare.ts';

/** Puts words in place of what chance gave on one testbed, in any text about it. */
export type Neutral = (text: string) => string;

/** An item of what `ip`, `bridge` and `nft` show. */
type Shown = Readonly<Record<string, unknown>>;
type Fact = readonly [name: string, attributes: Attributes];

/** Everything in the testbed's two network namespaces that a plugin may set, and how to speak of it. */
export async function observe(
  testbed: Testbed,
): Promise<{ readonly facts: Facts; readonly neutral: Neutral }> {
  const text = await runScript(testbed.node, SCRIPT.replaceAll('$POD', testbed.pod));
  const lines = text.split('\n').filter((line) => /^[[{]/.test(line));
  const [node = [], pod = []] = [lines[0], lines[2]].map(
    (line = '[]') => JSON.parse(line) as readonly Link[],
  );
  const neutral = neutralOf(testbed, [...pod, ...node.toSorted((a, b) => isBridge(a) - isBridge(b))]);
  const [, , , , vlans, fdb, ruleset] = lines.map((line) => JSON.parse(neutral(line)));
  const [nodeSettings = '', podSettings = ''] = neutral(text).split('\n==\n');
  const facts: readonly Fact[] = [
    ...netnsFacts('host', lines.slice(0, 2).map(neutral), nodeSettings),
    ...netnsFacts('pod', lines.slice(2, 4).map(neutral), podSettings),
    ...(vlans as Shown[]).flatMap(vlanFacts),
    ...(fdb as Shown[]).filter(isStatic).map(fdbFact),
    ...(ruleset as { nftables: Shown[] }).nftables.flatMap(nftFacts),
  ];
  return { facts: new Map(facts), neutral };
}

/** How to speak of what the plugin has answered, by the links that it names there. */
export function namesIn(testbed: Testbed, result: unknown): Neutral {
  type Named = { readonly name: string; readonly mac: string };
  const { interfaces = [] } = (result ?? {}) as { interfaces?: readonly Named[] };
  const [bridge, port, ...others] = interfaces.map(({ name, mac }) => ({ ifname: name, address: mac }));
  return neutralOf(
    testbed,
    [...others, port, bridge].filter((link) => link !== undefined),
  );
}

/** For addresses of IPv6: one that is still probed for (flag 0x40) has no route of its own yet. */
const WAIT = `
probing() { while read -r _ _ _ scope flags _; do [ $scope$((0x$flags & 0x40)) = 0064 ] && return; done </proc/net/if_inet6; return 1; }
n=0; while probing && [ $n -lt 15 ]; do n=$((n + 1)); sleep 0.3; done
`;

const SETTINGS = `
cd /proc/sys
grep -Hs "" net/ipv4/ip_forward net/ipv4/conf/*/arp_notify net/ipv4/conf/*/forwarding net/ipv6/conf/*/accept_dad \
  net/ipv6/conf/*/accept_ra net/ipv6/conf/*/disable_ipv6 net/ipv6/conf/*/enhanced_dad net/ipv6/conf/*/forwarding \
  net/ipv6/conf/*/keep_addr_on_down /sys/class/net/*/addr_assign_type
`;

/** One line of JSON for each command. In a guest without hardware support every process counts. */
const SCRIPT = `
pod_settings=$(ip netns exec $POD sh -c '${WAIT}${SETTINGS}')
${WAIT}
printf '%s\n' 'address show' 'route show table all' | ip -d -j -batch -
printf '%s\n' 'address show' 'route show table all' | ip -n $POD -d -j -batch -
printf '%s\n' 'vlan show' 'fdb show' | bridge -j -batch -
nft -j list ruleset
echo
${SETTINGS}
echo ==
echo "$pod_settings"
exit 0`;

/** `shown`: addresses with their links, and routes, as JSON. */
function netnsFacts(place: string, shown: readonly string[], values: string): readonly Fact[] {
  const [addresses = [], routes = []] = shown.map((line) => JSON.parse(line) as Shown[]);
  const facts: readonly Fact[] = [
    ...addresses.map(linkFact),
    ...addresses.flatMap(addressFacts),
    ...routes.filter(isConfigured).map(routeFact),
    ...settings('sysctl', values, /^(net\/.+)\/([^/:]+):(.*)$/gm),
    ...settings('MAC of', values, /^\/sys\/class\/net\/(.+)\/(addr_assign_type):(.*)$/gm),
  ];
  return facts.map(([name, attributes]) => [`${place} ${name}`, attributes]);
}

type Link = {
  readonly ifname: string;
  readonly address: string;
  readonly link?: string;
  readonly linkinfo?: { readonly info_kind: string };
};

/** Bridges come last: theirs may be the link-layer address of one of their ports, and shall be called so. */
function isBridge({ linkinfo }: Link): number {
  return Number(linkinfo?.info_kind === 'bridge');
}

/** @param links the first one with a link-layer address gives it its name */
function neutralOf({ node, pod }: Testbed, links: readonly Link[]): Neutral {
  const words = new Map([
    [node, 'NODE'],
    [pod, 'POD'],
  ]);
  const ethernet = links.filter(({ ifname }) => ifname !== 'lo');
  for (const link of ethernet) if (link.ifname.startsWith('veth')) words.set(link.ifname, portName(link));
  for (const { ifname, address } of ethernet) {
    if (words.has(address) || TELLING_MAC.test(address)) continue;
    words.set(address, `MAC of ${words.get(ifname) ?? ifname}`);
  }
  return (text) =>
    [...words]
      .reduce((before, [chance, word]) => before.replaceAll(chance, word), text)
      .replace(/\b(?:CNI-[0-9a-f]{24}|VLAN-BRIDGE-[a-z2-7]{11})\b/g, 'CHAIN');
}

/** What a test asks for, and that of a bridge without ports: the same on every run. */
const TELLING_MAC = /^(02:00:00:|00:00:00:00:00:00)/;

function portName({ link }: Link): string {
  return link === undefined ? 'PORT' : `PORT-OF-${link}`;
}

/** What changes by itself, what follows from other attributes, and numbers that count what the kernel has made so far. */
const VOLATILE =
  /_timer$|^(ifindex|link_index|operstate|topology_change|topology_change_detected|bridge_id|root_id|designated_root)$/;
const VOLATILE_FLAGS = ['NO-CARRIER', 'LOWER_UP', 'linkdown', 'dead'];

function withoutVolatile(value: unknown): unknown {
  if (Array.isArray(value))
    return value.filter((item) => !VOLATILE_FLAGS.includes(item)).map(withoutVolatile);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !VOLATILE.test(key));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutVolatile(item)]));
}

function linkFact({ addr_info: _, ...link }: Shown): Fact {
  return [`link ${link.ifname}`, leaves(withoutVolatile(link))];
}

/** IPv6 link-local addresses are the kernel's own, and come when there is a carrier. */
function addressFacts({ ifname, addr_info }: Shown): readonly Fact[] {
  const configured = (addr_info as Shown[]).filter(({ local }) => !String(local).startsWith('fe80:'));
  return configured.map(
    ({ local, prefixlen, ...more }): Fact => [`address ${local}/${prefixlen} of ${ifname}`, leaves(more)],
  );
}

function isConfigured({ dst, protocol }: Shown): boolean {
  return protocol !== 'kernel' || !/^(fe80:|ff00:)/.test(String(dst));
}

function routeFact(route: Shown): Fact {
  const { type, dst, dev, table, gateway = 'none', metric = 0, ...more } = withoutVolatile(route) as Shown;
  return [`route ${type} ${dst} via ${gateway} dev ${dev} table ${table} metric ${metric}`, leaves(more)];
}

function vlanFacts({ ifname, vlans }: Shown): readonly Fact[] {
  return (vlans as Shown[]).map(
    ({ vlan, ...more }): Fact => [`host VLAN ${vlan} of ${ifname}`, leaves(more)],
  );
}

/** Permanent entries are the kernel's own, of each link's address on each of its VLANs. */
function isStatic({ state }: Shown): boolean {
  return state === 'static';
}

function fdbFact({ mac, ifname, vlan = 'none', ...more }: Shown): Fact {
  return [`host FDB entry ${mac} of ${ifname} VLAN ${vlan}`, leaves(more)];
}

/** iptables keeps its rules in nftables. It has comments there in a form that `nft` cannot read. */
function nftFacts(item: Shown): readonly Fact[] {
  const { table, chain, rule } = item as { table?: Shown; chain?: Shown; rule?: Shown };
  const attributes = ({ handle: _, ...more }: Shown): Attributes => leaves(more);
  if (table) return [[`host nft table ${table.family} ${table.name}`, attributes(table)]];
  if (chain) return [[`host nft chain ${chain.family} ${chain.table} ${chain.name}`, attributes(chain)]];
  if (!rule) return [];
  const isComment = (part: unknown): boolean => JSON.stringify(part).includes('"name":"comment"');
  const parts = rule.expr as readonly unknown[];
  const words = JSON.stringify(parts.filter((part) => !isComment(part))).replace(
    /"(packets|bytes)":\d+,?/g,
    '',
  );
  const comment = rule.comment ?? (parts.some(isComment) || undefined);
  return [[`host nft rule ${rule.family} ${rule.table} ${rule.chain} ${words}`, { comment }]];
}

function settings(kind: string, text: string, pattern: RegExp): readonly Fact[] {
  const groups = Map.groupBy(text.matchAll(pattern), ([, place]) => place);
  return [...groups].map(
    ([place, found]): Fact => [
      `${kind} ${place}`,
      Object.fromEntries(found.map(([, , name, value]) => [name, value])),
    ],
  );
}
