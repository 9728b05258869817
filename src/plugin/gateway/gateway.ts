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

/** The links that this ADD has to do with. */
export type GatewayPlace = { readonly bridge: Bridge; readonly port: Link };

/** What the configuration wants of the host's side of layer 3. */
type Wanted = {
  readonly conf: NetConf;
  readonly addresses: readonly Cidr[];
  readonly run: RunDirectory;
  readonly rollback: Rollback;
};

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
  const present = host.execute(listAddresses(link)).map(({ cidr }) => formatCidr(cidr));
  return addresses.every((cidr) => present.includes(formatCidr(cidr))) ? link : undefined;
}

function makeGateway(host: NetlinkSocket, { bridge, port }: GatewayPlace, wanted: Wanted): Link {
  const { conf, addresses, run, rollback } = wanted;
  return withBridgeLock(run, { bridge: bridge.name, mode: 'exclusive' }, () => {
    const place = { run, rollback, port: port.ifindex };
    const link = conf.vlan === 0 ? bridge : ensureVlanGateway(host, bridge, { ...place, vlan: conf.vlan });
    for (const cidr of addresses)
      ensureAddress(host, { bridge, link, cidr }, { ...place, force: conf.forceAddress });
    return link;
  });
}

/** Adds the address unless it is there, after removing or refusing those of the same subnet. */
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
  // Duplicates are not looked for: the pod is about to use its gateway, and other nodes may have the same one on purpose.
  host.execute(addAddress(link, cidr, { nodad: true }));
}

function removeAddress(host: NetlinkSocket, link: Link, cidr: Cidr): void {
  try {
    host.execute(delAddress(link, cidr));
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
