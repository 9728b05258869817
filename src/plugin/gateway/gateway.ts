import { CniError, errorCode } from '../../cni/error.ts';
import { type Cidr, formatCidr, overlaps } from '../../inet/cidr.ts';
import { isGone } from '../../netlink/error.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { addAddress, delAddress, listAddresses } from '../../rtnetlink/address.ts';
import { listPorts } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { readSysctl, writeSysctl } from '../../sys/sysctl.ts';
import { type Bridge, keepMac } from '../bridge/bridge.ts';
import type { NetConf } from '../config/read.ts';
import type { Undo } from '../failure/rollback.ts';
import { withBridgeLock } from '../state/bridge-lock.ts';
import { ensureVlanGateway, findVlanGateway, type Reversal } from './vlan-link.ts';

/** The links that this ADD has to do with. */
export type GatewayPlace = { readonly bridge: Bridge; readonly port: Link };

/** What the configuration wants of the host's side of layer 3. */
type Wanted = { readonly conf: NetConf; readonly addresses: readonly Cidr[]; readonly undo: Undo };

/**
 * Puts the gateway addresses on the bridge, or with a VLAN on the VLAN's gateway link, which is made when missing.
 * @returns the link that has them
 * @throws CniError 101 when the link has another address of the same subnet, or is not what its name says
 */
export function ensureGateway(host: NetlinkSocket, place: GatewayPlace, wanted: Wanted): Link {
  // Most pods are not the first on their network. Nobody takes away what is found, now that the bridge has a port of this pod.
  return findGateway(host, place.bridge, wanted) ?? makeGateway(host, place, wanted);
}

/** The link, when it is there with all the addresses. */
function findGateway(host: NetlinkSocket, bridge: Bridge, { conf, addresses }: Wanted): Link | undefined {
  const link = conf.vlan === 0 ? bridge : findVlanGateway(host, bridge, conf.vlan);
  if (link === undefined) return undefined;
  const present = host.request(listAddresses(link)).map(({ cidr }) => formatCidr(cidr));
  return addresses.every((cidr) => present.includes(formatCidr(cidr))) ? link : undefined;
}

function makeGateway(host: NetlinkSocket, { bridge, port }: GatewayPlace, wanted: Wanted): Link {
  const { conf, addresses, undo } = wanted;
  return withBridgeLock(bridge.name, 'exclusive', () => {
    const inUse = (gatewayPort: number | undefined): boolean =>
      hasOtherPorts(host, bridge, [port.ifindex, gatewayPort]);
    const reversal = (step: string, reverse: () => void): void =>
      undo.push(step, () => withBridgeLock(bridge.name, 'exclusive', reverse));
    const link =
      conf.vlan === 0 ? bridge : ensureVlanGateway(host, bridge, { vlan: conf.vlan, inUse, reversal });
    const change = { force: conf.forceAddress, reversal, inUse: () => inUse(link.peerIfindex) };
    for (const cidr of addresses) ensureAddress(host, link, { ...change, cidr });
    return link;
  });
}

/**
 * Lets the host forward packets of these families, as `sysctl net.ipv4.ip_forward=1` does. For the whole host, and for good:
 * who else relies on it cannot be known.
 */
export function enableForwarding(families: ReadonlySet<4 | 6>): void {
  for (const family of families) {
    const path = FORWARDING_SETTING[family];
    if (readSysctl(path) !== '1') writeSysctl(path, 1);
  }
}

/** Where the host's forwarding is switched, by family. */
export const FORWARDING_SETTING = { 4: 'net/ipv4/ip_forward', 6: 'net/ipv6/conf/all/forwarding' } as const;

/** Adds the address unless it is there, after taking away or refusing those of the same subnet. */
function ensureAddress(
  host: NetlinkSocket,
  link: Link,
  { cidr, force, reversal, inUse }: { cidr: Cidr; force: boolean; reversal: Reversal; inUse: () => boolean },
): void {
  const present = host.request(listAddresses(link)).map((entry) => entry.cidr);
  if (present.some((other) => formatCidr(other) === formatCidr(cidr))) return;
  const conflicting = present.filter((other) => overlaps(other, cidr) && !isLinkLocal(other));
  if (conflicting.length > 0 && !force) throw conflict(link, cidr, conflicting);
  for (const other of conflicting) {
    reversal(`add address "${formatCidr(other)}" to link "${link.name}"`, () =>
      host.request(addAddress(link, other)),
    );
    host.request(delAddress(link, other));
  }
  if (link.bridge !== undefined) keepMac(host, link);
  reversal(`remove address "${formatCidr(cidr)}" from link "${link.name}"`, () => {
    if (!inUse()) removeAddress(host, link, cidr);
  });
  // Duplicates are not looked for: the pod is about to use its gateway, and other nodes may have the same one on purpose.
  host.request(addAddress(link, cidr, { nodad: true }));
}

function removeAddress(host: NetlinkSocket, link: Link, cidr: Cidr): void {
  try {
    host.request(delAddress(link, cidr));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** fe80::/10, which the kernel itself puts on every link. */
function isLinkLocal({ ip }: Cidr): boolean {
  return ip.family === 6 && ip.bytes[0] === 0xfe && ((ip.bytes[1] ?? 0) & 0xc0) === 0x80;
}

function conflict(link: Link, cidr: Cidr, others: readonly Cidr[]): CniError {
  const names = others.map((other) => `"${formatCidr(other)}"`).join(', ');
  return new CniError(
    errorCode.bridgeUnusable,
    `"${link.name}" has the address ${names}, so the gateway "${formatCidr(cidr)}" of the same subnet cannot be added; remove it, or set "forceAddress"`,
  );
}

/** Ports beside those of this ADD may rely on what it has set up, even if this ADD fails. */
function hasOtherPorts(host: NetlinkSocket, bridge: Bridge, own: readonly (number | undefined)[]): boolean {
  return host.request(listPorts(bridge)).some((ifindex) => !own.includes(ifindex));
}
