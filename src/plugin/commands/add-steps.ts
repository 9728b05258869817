import { CniError, errorCode } from '../../cni/error.ts';
import type { Request } from '../../cni/request.ts';
import { randomMac } from '../../inet/mac.ts';
import type { IpamResult } from '../../ipam/ipam.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import { getLink, getLinkByIndex } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import type { Netns } from '../../sys/netns.ts';
import { randomBytes } from '../../sys/random.ts';
import { type Bridge, ensureBridge, requireBridge } from '../bridge/bridge.ts';
import { createPort } from '../bridge/port.ts';
import { openPortEvents, waitForForwarding } from '../bridge/port-state.ts';
import type { NetConf } from '../config/netconf.ts';
import { announce } from '../container/announce.ts';
import { openDadEvents, waitForDad } from '../container/dad.ts';
import { addAddressesAndRoutes, startLink } from '../container/link.ts';
import type { Rollback } from '../failure/rollback.ts';
import { attachMasquerade, chooseBackend, detachMasquerade } from '../masquerade/masquerade.ts';
import type { AddLock } from '../state/add-lock.ts';
import { type HostEnd, isHostEndOf } from '../state/attachment.ts';
import { withBridgeLock } from '../state/bridge-lock.ts';
import { ensureUplink } from '../uplink/uplink.ts';
import type { Recovery } from './recover.ts';
import { deleteUnfinished } from './recover.ts';

/** The context of one ADD: each step reads it. */
export type AddContext = Recovery & {
  readonly request: Request;
  readonly conf: NetConf;
  readonly hostEnd: HostEnd;
  readonly netns: Netns;
  /** A netlink socket in the container's network namespace; `host` is a socket in the plugin's own. */
  readonly container: NetlinkSocket;
  readonly rollback: Rollback;
  readonly lock: AddLock;
  /** Throws AskedToEnd after a signal that asks the process to end. Called between long steps. */
  readonly endIfAsked: () => void;
};

/** The bridge and both ends of the veth pair: the port of the bridge and the container's link. */
export type VethInBridge = { readonly bridge: Bridge; readonly port: Link; readonly link: Link };

/**
 * Checks that both names of the veth pair are free. Deletes the leftovers of a killed ADD of this attachment first.
 * @throws CniError 102 when the host link or the container's link exists
 */
export function refuseTakenNames(context: AddContext): void {
  const { request, hostEnd, host, container, lock } = context;
  const inside = container.find(getLink(request.ifname));
  const taken = host.find(getLink(hostEnd.hostName));
  const unanswered = taken !== undefined && lock.isUnanswered();
  if (taken !== undefined && (taken.alias === undefined || unanswered) && isHostEndOf(hostEnd, taken)) {
    // Another ADD of this attachment was killed while this one waited for the lock.
    deleteUnfinished(context, hostEnd, unanswered);
    refuseTakenNames(context);
    return;
  }
  if (inside !== undefined) {
    const inNetns = `in network namespace "${request.netns}"`;
    throw new CniError(errorCode.nameTaken, `CNI_IFNAME "${request.ifname}" already exists ${inNetns}`);
  }
  if (taken === undefined) return;
  const remedy = isHostEndOf(hostEnd, taken)
    ? 'DEL of this attachment removes it'
    : 'another program created it: delete or rename it';
  throw new CniError(errorCode.nameTaken, `host link "${hostEnd.hostName}" already exists; ${remedy}`);
}

/**
 * Creates bridge, uplink and veth pair. Holds the bridge's lock until the port is in the bridge: otherwise another ADD that rolls back
 * could delete the bridge. The lock is exclusive when ADD may change settings that all ports share.
 */
export function joinBridge(
  { conf, hostEnd, request, netns, host, run, rollback }: AddContext,
  uplink: Link | undefined,
): { bridge: Bridge; port: Link } {
  const shared = conf.vlanFiltering !== 'enable' && uplink === undefined;
  return withBridgeLock(run, { bridge: conf.bridge, mode: shared ? 'shared' : 'exclusive' }, () => {
    const bridge = ensureBridge(host, conf, { uplink, run, rollback });
    if (uplink !== undefined && conf.uplink !== undefined) {
      ensureUplink(host, { bridge, ifindex: uplink.ifindex }, { conf, settings: conf.uplink, run, rollback });
    }
    const container = { netns, ifname: request.ifname, mac: conf.mac ?? randomMac(randomBytes(6)) };
    const mtu = conf.mtu ?? uplink?.mtu;
    const port = createPort(host, bridge, { conf: { ...conf, mtu }, hostEnd, rollback, container });
    return { bridge: requireBridge(host.execute(getLinkByIndex(bridge.ifindex))), port };
  });
}

/** Sets the link up for IPAM and waits until its port forwards. A DHCP client retries a lost first request only after seconds. */
export function startForIpam(
  { host, container, netns, rollback }: AddContext,
  { bridge, port, link }: VethInBridge,
): void {
  const portEvents = openPortEvents();
  startLink(container, { netns, link }, { ips: [], dad: false, rollback });
  waitForForwarding(portEvents, host, { bridge, port });
}

/** Reserves addresses. Adds the release to the rollback first: otherwise an IPAM plugin that fails half way leaks addresses. */
export function assign({ ipam }: NetConf, rollback: Rollback): IpamResult {
  if (ipam === undefined) return { ips: [], routes: [], dns: {} };
  rollback.add('release the addresses', ipam.del);
  return ipam.add();
}

/** Sets the container's link up, waits until its port forwards, and then adds addresses and routes. */
export function bringUp(
  { conf, netns, host, container, rollback }: AddContext,
  { bridge, port, link }: VethInBridge,
  ipamResult: IpamResult,
): void {
  const portEvents = openPortEvents();
  const dadEvents = openDadEvents(netns);
  startLink(container, { netns, link }, { ips: ipamResult.ips, dad: conf.enabledad, rollback });
  const forwarding = waitForForwarding(portEvents, host, { bridge, port });
  addAddressesAndRoutes(container, link, ipamResult);
  waitForDad(dadEvents, container, { link, ips: ipamResult.ips });
  if (forwarding) announce(container, link, ipamResult.ips);
}

/** Masquerades the container's traffic to other subnets: these see an address of the host. */
export function masquerade(
  { request, conf, hostEnd, run, searchPath, rollback }: AddContext,
  { ips }: IpamResult,
): void {
  const { containerId, ifname, network } = request;
  const backend = chooseBackend(conf.ipMasqBackend, searchPath);
  rollback.add('remove masquerade rules', () => detachMasquerade(run, hostEnd, { backend, searchPath }));
  const cidrs = ips.map(({ cidr }) => cidr);
  attachMasquerade(run, { network, containerId, ifname, backend }, { cidrs, searchPath });
}
