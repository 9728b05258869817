import { CniError, errorCode } from '../../cni/error.ts';
import type { Request } from '../../cni/request.ts';
import type { Result } from '../../cni/result.ts';
import { randomMac } from '../../inet/mac.ts';
import type { IpamResult } from '../../ipam/ipam.ts';
import { NETLINK_ROUTE } from '../../netlink/message.ts';
import { type NetlinkSocket, openNetlinkSocket } from '../../netlink/socket.ts';
import { getLink, getLinkByIndex, setAlias } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { deferEndSignals } from '../../sys/end-signals.ts';
import { closeNetns, type Netns, withNetns } from '../../sys/netns.ts';
import { randomBytes } from '../../sys/random.ts';
import { type Bridge, ensureBridge, requireBridge } from '../bridge/bridge.ts';
import { createPort } from '../bridge/port.ts';
import { openPortEvents, waitForForwarding } from '../bridge/port-state.ts';
import type { NetConf } from '../config/netconf.ts';
import { readNetConf } from '../config/read.ts';
import { announce } from '../container/announce.ts';
import { openDadEvents, waitForDad } from '../container/dad.ts';
import { addAddressesAndRoutes, startLink } from '../container/link.ts';
import { openContainerNetns } from '../container/netns.ts';
import { Rollback } from '../failure/rollback.ts';
import { toCniError } from '../failure/to-cni-error.ts';
import { ensureGateway } from '../gateway/gateway.ts';
import { enableForwarding } from '../gateway/ip-forwarding.ts';
import { gatewayAddresses, withGateways } from '../gateway/plan.ts';
import { attachMasquerade, chooseBackend, detachMasquerade } from '../masquerade/masquerade.ts';
import { lockAdd, removeStaleAddLock } from '../state/add-lock.ts';
import { type HostEnd, hostEndOf, isHostEndOf } from '../state/attachment.ts';
import { withBridgeLock } from '../state/bridge-lock.ts';
import type { RunDirectory } from '../state/run-directory.ts';
import { openRunDirectory } from '../state/run-directory.ts';
import { ensureUplink, requireUplink } from '../uplink/uplink.ts';
import { addResult, appendResult } from './add-result.ts';
import { deleteUnfinished, recoverKilledAdds } from './recover.ts';

/** What the steps of one ADD work on. */
type AddContext = {
  readonly request: Request;
  readonly conf: NetConf;
  readonly hostEnd: HostEnd;
  readonly netns: Netns;
  /** Netlink in the plugin's own network namespace, and in the container's. */
  readonly host: NetlinkSocket;
  readonly container: NetlinkSocket;
  readonly run: RunDirectory;
  readonly rollback: Rollback;
  /** Throws when the caller wants no attachment any more; called between steps that take time. */
  readonly endIfAsked: () => void;
};

/** The bridge, and both ends of the veth pair: the port in it and the container's link. */
type VethInBridge = { readonly bridge: Bridge; readonly port: Link; readonly link: Link };

/**
 * Attaches the container to its network, or leaves everything as it was.
 * @param directory the directory for locks and records
 * @throws CniError, and the errors of netlink and of system calls
 */
export function add(request: Request, directory: string): Result {
  const conf = readNetConf(request);
  // Here for what it refuses; what a delegate gives is only seen later.
  if (conf.ipam?.staticResult !== undefined) withGateways(conf.ipam.staticResult, conf);
  conf.ipam?.requirePlugin();
  if (conf.ipMasq && conf.ipam !== undefined) chooseBackend(conf.ipMasqBackend, searchPathOf(request));
  const netns = openContainerNetns(request);
  const endIfAsked = deferEndSignals();
  const rollback = new Rollback();
  try {
    const hostEnd = hostEndOf(request);
    const run = openRunDirectory(directory);
    const host = openNetlinkSocket(NETLINK_ROUTE);
    const container = withNetns(netns, () => openNetlinkSocket(NETLINK_ROUTE));
    recoverKilledAdds({ host, run, searchPath: searchPathOf(request) });
    rollback.add('remove the lock of an ADD that did not begin', () => removeStaleAddLock(run, hostEnd));
    const lock = lockAdd(run, hostEnd);
    rollback.add('end the lock of this ADD', lock.end);
    const result = attach({ request, conf, hostEnd, netns, host, container, run, rollback, endIfAsked });
    lock.end();
    return conf.prevResult === undefined ? result : appendResult(conf.prevResult, result);
  } catch (error) {
    throw toCniError(error, rollback.run());
  } finally {
    closeNetns(netns);
  }
}

function attach(context: AddContext): Result {
  const { request, conf, hostEnd, host, container, netns, run, rollback, endIfAsked } = context;
  endIfAsked();
  refuseTakenNames(context);
  const uplink = conf.uplink === undefined ? undefined : requireUplink(host, conf.uplink, conf);
  const joined = joinBridge(context, uplink);
  endIfAsked();
  const link = container.execute(getLink(request.ifname));
  if (conf.ipam?.usesLink) startForIpam(context, { ...joined, link });
  const given = withGateways(assign(conf, rollback), conf);
  endIfAsked();
  const gateways = conf.isGateway ? gatewayAddresses(given.ips) : [];
  const gateway =
    gateways.length === 0
      ? undefined
      : ensureGateway(host, joined, { conf, addresses: gateways, run, rollback });
  if (!conf.disableContainerInterface) bringUp(context, { ...joined, link }, given);
  if (conf.ipMasq && given.ips.length > 0) masquerade(context, given);
  enableForwarding(new Set(gateways.map(({ ip }) => ip.family)));
  endIfAsked();
  // The alias comes last: a host end that has none was never finished.
  host.execute(setAlias(joined.port, hostEnd.alias));
  return addResult({ ...joined, link, gateway, sandbox: netns.path }, given, conf.dns);
}

function refuseTakenNames(context: AddContext): void {
  const { request, hostEnd, host, container, run } = context;
  const inside = container.find(getLink(request.ifname));
  const taken = host.find(getLink(hostEnd.hostName));
  if (taken !== undefined && taken.alias === undefined && isHostEndOf(hostEnd, taken)) {
    // This ADD has waited for another one, which was killed meanwhile.
    deleteUnfinished({ host, run, searchPath: searchPathOf(request) }, hostEnd);
    refuseTakenNames(context);
    return;
  }
  if (inside !== undefined) {
    const place = `network namespace "${request.netns}"`;
    throw new CniError(errorCode.nameTaken, `CNI_IFNAME "${request.ifname}" already exists in ${place}`);
  }
  if (taken === undefined) return;
  const remedy = isHostEndOf(hostEnd, taken)
    ? 'DEL of this attachment removes it'
    : "it is not this plugin's";
  throw new CniError(errorCode.nameTaken, `host link "${hostEnd.hostName}" already exists; ${remedy}`);
}

/**
 * The lock is held until the port is seen in the bridge, so that a failing ADD does not delete the bridge under another one; it is
 * exclusive where something is changed that all ports share.
 */
function joinBridge(
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

/** DHCP clients wait for seconds before they ask a second time: the first question must get through. */
function startForIpam(
  { host, container, netns, rollback }: AddContext,
  { bridge, port, link }: VethInBridge,
): void {
  const portEvents = openPortEvents();
  startLink(container, { netns, link }, { ips: [], dad: false, rollback });
  waitForForwarding(portEvents, host, { bridge, port });
}

/** Release comes before reservation: an IPAM plugin that fails half way is told to give back what it took. */
function assign({ ipam }: NetConf, rollback: Rollback): IpamResult {
  if (ipam === undefined) return { ips: [], routes: [], dns: {} };
  rollback.add('release the addresses', ipam.del);
  return ipam.add();
}

/** The container's link comes up last, when its port is on the right VLANs already; its addresses when the port forwards. */
function bringUp(
  { conf, netns, host, container, rollback }: AddContext,
  { bridge, port, link }: VethInBridge,
  given: IpamResult,
): void {
  const portEvents = openPortEvents();
  const dadEvents = openDadEvents(netns);
  startLink(container, { netns, link }, { ips: given.ips, dad: conf.enabledad, rollback });
  const forwarding = waitForForwarding(portEvents, host, { bridge, port });
  addAddressesAndRoutes(container, link, given);
  waitForDad(dadEvents, container, { link, ips: given.ips });
  if (forwarding) announce(container, link, given.ips);
}

function masquerade({ request, conf, hostEnd, run, rollback }: AddContext, { ips }: IpamResult): void {
  const { containerId, ifname, network } = request;
  const searchPath = searchPathOf(request);
  const backend = chooseBackend(conf.ipMasqBackend, searchPath);
  rollback.add('remove masquerade rules', () => detachMasquerade(run, hostEnd, { backend, searchPath }));
  const cidrs = ips.map(({ cidr }) => cidr);
  attachMasquerade(run, { network, containerId, ifname, backend }, { cidrs, searchPath });
}

function searchPathOf({ environment }: Request): string {
  return environment.PATH ?? '';
}
