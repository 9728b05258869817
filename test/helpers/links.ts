import { bridgeJson, ipJson, type Netns } from './netns.ts';

/** The parts of `ip -d -j link show` that tests use. */
export type ShownLink = {
  readonly ifindex: number;
  readonly ifname: string;
  /** ifindex of a veth's other end, in that end's network namespace. */
  readonly link_index?: number;
  readonly address: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly operstate: string;
  readonly master?: string;
  readonly ifalias?: string;
  readonly linkinfo?: {
    readonly info_kind: string;
    readonly info_data?: Readonly<Record<string, unknown>>;
    readonly info_slave_data?: Readonly<Record<string, unknown>>;
  };
};

/** Gets the link of that name. @throws Error when there is none */
export async function showLink(netns: Netns, name: string): Promise<ShownLink> {
  const [link] = await ipJson<ShownLink>(netns, '-d', 'link', 'show', 'dev', name);
  if (link === undefined) throw new Error(`no link "${name}" in "${netns.name}"`);
  return link;
}

/** Gets the host end of an attachment: the peer of the container end. @throws Error when there is none */
export async function showHostEnd(node: Netns, pod: Netns, ifname = 'net1'): Promise<ShownLink> {
  const { link_index } = await showLink(pod, ifname);
  const links = await ipJson<ShownLink>(node, '-d', 'link');
  const host = links.find(({ ifindex }) => ifindex === link_index);
  if (host === undefined) throw new Error(`no peer of "${ifname}" in "${node.name}"`);
  return host;
}

/** Lists the sorted names of all links except the loopback. */
export async function linkNames(netns: Netns): Promise<string[]> {
  const links = await ipJson<ShownLink>(netns, 'link');
  return links
    .map(({ ifname }) => ifname)
    .filter((name) => name !== 'lo')
    .sort();
}

/** The whole VLAN list of a port as `bridge vlan` words it: `100 PVID Egress Untagged`, `200-210`. */
export async function portVlans(netns: Netns, port: string): Promise<string[]> {
  const ports = await allVlans(netns);
  return ports[port] ?? [];
}

/** The VLAN lists of all ports, and of the bridges themselves, by name. Links without VLANs are left out. */
export async function allVlans(netns: Netns): Promise<Record<string, string[]>> {
  type Entry = { readonly vlan: number; readonly vlanEnd?: number; readonly flags?: readonly string[] };
  type Port = { readonly ifname: string; readonly vlans: readonly Entry[] };
  const ports = await bridgeJson<Port>(netns, '-compressvlans', 'vlan', 'show');
  const word = ({ vlan, vlanEnd, flags = [] }: Entry): string =>
    [vlanEnd === undefined ? `${vlan}` : `${vlan}-${vlanEnd}`, ...flags].join(' ');
  return Object.fromEntries(ports.map(({ ifname, vlans }) => [ifname, vlans.map(word)]));
}

/** Lists the addresses of a link, without the kernel's link-local ones: `10.20.1.11/24`. */
export async function linkAddresses(netns: Netns, name: string): Promise<string[]> {
  type Entry = { readonly local: string; readonly prefixlen: number; readonly scope: string };
  const shown = await ipJson<{ readonly addr_info: readonly Entry[] }>(netns, 'address', 'show', 'dev', name);
  const entries = shown.flatMap(({ addr_info }) => addr_info);
  return entries
    .filter(({ scope }) => scope !== 'link')
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}
