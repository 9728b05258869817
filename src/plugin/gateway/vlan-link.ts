import { CniError, errorCode } from '../../cni/error.ts';
import { randomMac } from '../../inet/mac.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { listVlans } from '../../rtnetlink/bridge-vlan.ts';
import { deleteLink, getLink, getLinkByIndex, setAlias, setLinkUp } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { createVeth } from '../../rtnetlink/new-link.ts';
import { randomBytes } from '../../sys/random.ts';
import { sha256 } from '../../sys/sha256.ts';
import { type Bridge, ignoreRouterAdvertisements } from '../bridge/bridge.ts';
import { setVlans } from '../bridge/port-vlans.ts';
import { revertUnlessInUse } from '../bridge/revert.ts';
import { vlanGatewayName } from '../config/netconf.ts';
import type { Rollback } from '../failure/rollback.ts';
import type { RunDirectory } from '../state/run-directory.ts';
import { portVlans } from '../vlan/port-vlans.ts';

/** The context in which an ADD finds or creates the gateway link of a VLAN. */
export type VlanGatewayContext = {
  readonly vlan: number;
  /** ifindex of the port of this ADD. */
  readonly port: number;
  readonly run: RunDirectory;
  readonly rollback: Rollback;
};

/** Finds the gateway link of the VLAN; `undefined` when it is missing or does not work (`vlanGatewayProblem`). */
export function findVlanGateway(host: NetlinkSocket, bridge: Bridge, vlan: number): Link | undefined {
  const link = host.find(getLink(vlanGatewayName(bridge.name, vlan)));
  return link === undefined || vlanGatewayProblem(host, bridge, link, vlan) !== undefined ? undefined : link;
}

/**
 * Finds or creates the gateway link of the VLAN and sets it up. DEL keeps it for later pods. The caller holds the bridge's exclusive
 * lock.
 * @throws CniError 101 when another link has that name
 */
export function ensureVlanGateway(host: NetlinkSocket, bridge: Bridge, context: VlanGatewayContext): Link {
  const name = vlanGatewayName(bridge.name, context.vlan);
  const found = host.find(getLink(name));
  if (found === undefined) return create(host, bridge, name, context);
  const problem = vlanGatewayProblem(host, bridge, found, context.vlan);
  if (problem === undefined) return found;
  const own = host.find(getLink(gatewayPortName(name)));
  if (own === undefined || !isPair(own, found)) {
    throw new CniError(
      errorCode.bridgeUnusable,
      `"${name}" exists but ${problem}, so it cannot be the gateway of VLAN ${context.vlan}; delete or rename it`,
    );
  }
  // A killed process left the pair unfinished, or an administrator changed it later.
  if (own.master === bridge.ifindex)
    return complete(host, bridge, { name, gatewayPort: own, vlan: context.vlan });
  host.find(deleteLink(own));
  return create(host, bridge, name, context);
}

/** Whether the links are the two ends of one veth pair. Both must name the other: an ifindex of another network namespace may be equal. */
function isPair(a: Link, b: Link): boolean {
  return a.peerIfindex === b.ifindex && b.peerIfindex === a.ifindex;
}

/** Explains why the link does not work as the gateway of the VLAN; `undefined` when it works. */
export function vlanGatewayProblem(
  host: NetlinkSocket,
  bridge: Bridge,
  link: Link,
  vlan: number,
): string | undefined {
  if (link.kind !== 'veth' || link.peerIfindex === undefined) return `is a ${link.kind ?? 'physical'} link`;
  const port = host.find(getLinkByIndex(link.peerIfindex));
  if (port === undefined || !isPair(port, link) || port.master !== bridge.ifindex)
    return `is not a veth into bridge "${bridge.name}"`;
  const entry = host.execute(listVlans(port)).find(({ vid, endVid }) => vid <= vlan && vlan <= endVid);
  if (entry?.pvid !== true || !entry.untagged) return `is not on VLAN ${vlan} untagged`;
  return link.up && port.up ? undefined : 'is down';
}

function create(
  host: NetlinkSocket,
  bridge: Bridge,
  name: string,
  { vlan, port, run, rollback }: VlanGatewayContext,
): Link {
  const portName = gatewayPortName(name);
  // Add the reverse before the request: if the reply is lost, the link may exist.
  rollback.add(`delete link "${name}"`, () => {
    const made = host.find(getLink(portName));
    if (made?.master !== bridge.ifindex) return;
    const known = [port, made.ifindex];
    revertUnlessInUse(host, { run, bridge, known, revert: () => host.find(deleteLink(made)) });
  });
  host.execute(
    createVeth({
      hostName: portName,
      hostMac: randomMac(randomBytes(6)),
      master: bridge.ifindex,
      containerName: name,
      containerMac: randomMac(randomBytes(6)),
      mtu: bridge.mtu,
      netnsFd: undefined,
    }),
  );
  const gatewayPort = host.execute(getLink(portName));
  return complete(host, bridge, { name, gatewayPort, vlan });
}

/** Sets alias, sysctls, VLANs and state of the two links. Each step may already be done. */
function complete(
  host: NetlinkSocket,
  bridge: Bridge,
  { name, gatewayPort, vlan }: { name: string; gatewayPort: Link; vlan: number },
): Link {
  host.execute(setAlias(gatewayPort, `vlan-bridge: port of gateway ${name}`));
  for (const ifname of [gatewayPort.name, name]) ignoreRouterAdvertisements(ifname);
  const { defaultPvid } = bridge.bridgeSettings;
  const expected = portVlans({ vlan, vlanTrunk: [], preserveDefaultVlan: false }, defaultPvid);
  setVlans(host, gatewayPort, { expected, defaultPvid });
  host.execute(setLinkUp(gatewayPort, true));
  host.execute(setLinkUp(host.execute(getLink(name)), true));
  return host.execute(getLink(name));
}

/** Names the port of a gateway link. The name depends only on the gateway's, so that a later ADD finds an unfinished pair. */
function gatewayPortName(name: string): string {
  return `vethg${sha256(Buffer.from(name)).toString('hex').slice(0, 10)}`;
}
