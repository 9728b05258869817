import { CniError, errorCode } from '../../cni/error.ts';
import { type Cidr, formatCidr, overlaps } from '../../inet/cidr.ts';
import { isGone } from '../../netlink/error.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { addAddress, delAddress, listAddresses } from '../../rtnetlink/address.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { type Bridge, keepMac } from '../bridge/bridge.ts';
import { revertUnlessInUse } from '../bridge/revert.ts';
import type { NetConf } from '../config/netconf.ts';
import type { Rollback } from '../failure/rollback.ts';
import { withBridgeLock } from '../state/bridge-lock.ts';
import type { RunDirectory } from '../state/run-directory.ts';
import { ensureVlanGateway, findVlanGateway } from './vlan-link.ts';

/** The bridge, and the port of this ADD. */
export type BridgeAndPort = { readonly bridge: Bridge; readonly port: Link };

/** The context in which an ADD sets up its gateway. */
type GatewayContext = {
  readonly conf: NetConf;
  readonly addresses: readonly Cidr[];
  readonly run: RunDirectory;
  readonly rollback: Rollback;
};

/**
 * Puts the gateway addresses on the bridge, as `ip address add ADDRESS dev BRIDGE` does. With a VLAN they go on the gateway link of
 * the VLAN, which is created when missing.
 * @returns the link with the gateway addresses
 * @throws CniError 101 when the link has another address of the same subnet, or another link has the name of the gateway link
 */
export function ensureGateway(host: NetlinkSocket, links: BridgeAndPort, context: GatewayContext): Link {
  // Without a lock: most pods find a complete gateway, and no other ADD removes it while the bridge has the port of this pod.
  return findGateway(host, links.bridge, context) ?? createGateway(host, links, context);
}

/** Finds the gateway link; `undefined` when it is missing or lacks an address. */
function findGateway(
  host: NetlinkSocket,
  bridge: Bridge,
  { conf, addresses }: GatewayContext,
): Link | undefined {
  const link = conf.vlan === 0 ? bridge : findVlanGateway(host, bridge, conf.vlan);
  if (link === undefined) return undefined;
  const present = host.execute(listAddresses(link)).map(({ cidr }) => formatCidr(cidr));
  return addresses.every((cidr) => present.includes(formatCidr(cidr))) ? link : undefined;
}

function createGateway(host: NetlinkSocket, { bridge, port }: BridgeAndPort, context: GatewayContext): Link {
  const { conf, addresses, run, rollback } = context;
  return withBridgeLock(run, { bridge: bridge.name, mode: 'exclusive' }, () => {
    const own = { run, rollback, port: port.ifindex };
    const link = conf.vlan === 0 ? bridge : ensureVlanGateway(host, bridge, { ...own, vlan: conf.vlan });
    for (const cidr of addresses)
      ensureAddress(host, { bridge, link, cidr }, { ...own, force: conf.forceAddress });
    return link;
  });
}

/** Adds the address unless the link has it. Removes other addresses of the same subnet first with `force`, and fails without. */
function ensureAddress(
  host: NetlinkSocket,
  { bridge, link, cidr }: { bridge: Bridge; link: Link; cidr: Cidr },
  { run, rollback, port, force }: { run: RunDirectory; rollback: Rollback; port: number; force: boolean },
): void {
  const present = host.execute(listAddresses(link)).map((entry) => entry.cidr);
  if (present.some((other) => formatCidr(other) === formatCidr(cidr))) return;
  const conflicting = present.filter((other) => overlaps(other, cidr) && !isLinkLocal(other));
  if (conflicting.length > 0 && !force) throw conflict(link, cidr, conflicting);
  for (const other of conflicting) {
    rollback.add(`add address "${formatCidr(other)}" to link "${link.name}"`, () =>
      withBridgeLock(run, { bridge: bridge.name, mode: 'exclusive' }, () =>
        host.execute(addAddress(link, other)),
      ),
    );
    host.execute(delAddress(link, other));
  }
  if (link.bridgeSettings !== undefined) keepMac(host, link);
  const known = [port, ...(link.peerIfindex === undefined ? [] : [link.peerIfindex])];
  rollback.add(`remove address "${formatCidr(cidr)}" from link "${link.name}"`, () =>
    revertUnlessInUse(host, { run, bridge, known, revert: () => removeAddress(host, link, cidr) }),
  );
  // Skip duplicate address detection: the pod uses its gateway at once, and other nodes may have the same gateway on purpose.
  host.execute(addAddress(link, cidr, { nodad: true }));
}

function removeAddress(host: NetlinkSocket, link: Link, cidr: Cidr): void {
  try {
    host.execute(delAddress(link, cidr));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Whether the address is in fe80::/10: the kernel adds such an address to every link. */
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
