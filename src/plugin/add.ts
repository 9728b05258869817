import { requirePlugin } from '../cni/delegate.ts';
import type { Answer } from '../cni/dispatch.ts';
import { CniError, errorCode } from '../cni/error.ts';
import type { Request } from '../cni/request.ts';
import type { Result } from '../cni/result.ts';
import { randomMac } from '../inet/mac.ts';
import { type IpamResult, ipamType, usesLink } from '../ipam/ipam.ts';
import { NETLINK_ROUTE } from '../netlink/message.ts';
import { type NetlinkSocket, openNetlinkSocket } from '../netlink/socket.ts';
import { getLink, getLinkByIndex, setAlias } from '../rtnetlink/link.ts';
import type { Link } from '../rtnetlink/link-info.ts';
import { deferEndSignals } from '../sys/end-signals.ts';
import { closeNetns, type Netns, withNetns } from '../sys/netns.ts';
import { randomBytes } from '../sys/random.ts';
import { announce } from './announce.ts';
import { type Owner, ownerOf, owns } from './attachment.ts';
import { type Bridge, ensureBridge, requireBridge } from './bridge.ts';
import { withBridgeLock } from './bridge-lock.ts';
import { addAddressesAndRoutes, startLink } from './container.ts';
import { openDadEvents, waitForDad } from './dad.ts';
import { explain } from './explain.ts';
import { openPortEvents, waitForForwarding } from './forwarding.ts';
import { enableForwarding, ensureGateway } from './gateway.ts';
import { gatewayAddresses, withGateways } from './gateways.ts';
import {
  beginInFlight,
  type InFlight,
  removeVainMark,
  sweepAbandoned,
  sweepUnfinished,
} from './in-flight.ts';
import { addMasquerade, chooseBackend, detachMasquerade, hostTools } from './masquerade.ts';
import { writeMasqueradeRecord } from './masquerade-record.ts';
import { type NetConf, readNetConf } from './netconf.ts';
import { openContainerNetns } from './netns.ts';
import { createPort } from './port.ts';
import { findPrevResult } from './prev-result.ts';
import { addResult, appendResult } from './result.ts';
import { Undo } from './undo.ts';
import { ensureUplink, requireUplink } from './uplink.ts';

/** What the steps of one ADD work on. */
type Attaching = {
  readonly request: Request;
  readonly conf: NetConf;
  readonly owner: Owner;
  readonly netns: Netns;
  /** Netlink in the plugin's own network namespace, and in the container's. */
  readonly host: NetlinkSocket;
  readonly container: NetlinkSocket;
  readonly undo: Undo;
  readonly inFlight: InFlight;
  /** Throws when the caller wants no attachment any more; called between steps that take time. */
  readonly endIfAsked: () => void;
};

/** The bridge, and both ends of the veth pair: the port in it and the container's link. */
type Attached = { readonly bridge: Bridge; readonly port: Link; readonly link: Link };

/**
 * Attaches the container to its network and answers, or leaves everything as it was: an answer that cannot be written is a failure.
 * @throws the error of `answer`, CniError, and the errors of netlink and of system calls
 */
export function add(request: Request, answer: Answer): void {
  const conf = readNetConf(request);
  // Here for what it refuses; what a delegate gives is only seen later.
  if (conf.ipam?.known !== undefined) withGateways(conf.ipam.known, conf);
  const previous = findPrevResult(request);
  requireTools(conf, request);
  const netns = openContainerNetns(request);
  const endIfAsked = deferEndSignals();
  const undo = new Undo();
  try {
    const owner = ownerOf(request);
    const host = openNetlinkSocket(NETLINK_ROUTE);
    const container = withNetns(netns, () => openNetlinkSocket(NETLINK_ROUTE));
    sweepAbandoned(host, request);
    undo.push('remove the mark of an ADD that did not begin', () => removeVainMark(owner));
    const inFlight = beginInFlight(owner);
    undo.push('remove the mark of an ADD at work', inFlight.end);
    const result = attach({ request, conf, owner, netns, host, container, undo, inFlight, endIfAsked });
    answer(previous === undefined ? result : appendResult(previous, result));
    inFlight.answered();
  } catch (error) {
    throw explain(error, undo.unwind());
  } finally {
    closeNetns(netns);
  }
}

function attach(attaching: Attaching): Result {
  const { request, conf, owner, host, container, netns, undo, inFlight, endIfAsked } = attaching;
  endIfAsked();
  refuseTakenNames(attaching);
  const uplink = conf.uplink === undefined ? undefined : requireUplink(host, conf.uplink, conf);
  const joined = joinBridge(attaching, uplink);
  endIfAsked();
  const link = container.request(getLink(request.ifname));
  if (usesLink(ipamType(request.config))) startForIpam(attaching, { ...joined, link });
  const given = withGateways(assign(conf, undo), conf);
  endIfAsked();
  const gateways = conf.isGateway ? gatewayAddresses(given.ips) : [];
  const gateway =
    gateways.length === 0 ? undefined : ensureGateway(host, joined, { conf, addresses: gateways, undo });
  if (!conf.disableContainerInterface) bringUp(attaching, { ...joined, link }, given);
  if (conf.ipMasq && given.ips.length > 0) masquerade(attaching, given);
  enableForwarding(new Set(gateways.map(({ ip }) => ip.family)));
  endIfAsked();
  inFlight.awaitAnswer();
  // The alias comes last: a host end that has none was never finished.
  host.request(setAlias(joined.port, owner.alias));
  return addResult({ ...joined, link, gateway, sandbox: netns.path }, given, conf.dns);
}

/** What is missing on the host is said before anything is changed. */
function requireTools({ ipMasq, ipMasqBackend }: NetConf, request: Request): void {
  const type = ipamType(request.config);
  if (type !== '' && type !== 'static') requirePlugin(type, request);
  if (ipMasq && type !== '') chooseBackend(ipMasqBackend, request.environment.PATH ?? '');
}

function refuseTakenNames(attaching: Attaching): void {
  const { request, owner, host, container, inFlight } = attaching;
  const inside = container.find(getLink(request.ifname));
  const taken = host.find(getLink(owner.hostName));
  const unanswered = taken !== undefined && inFlight.isUnanswered();
  if (taken !== undefined && (taken.alias === undefined || unanswered) && owns(owner, taken)) {
    // This ADD has waited for another one, which was killed meanwhile.
    sweepUnfinished(host, request, { ...owner, unanswered });
    refuseTakenNames(attaching);
    return;
  }
  if (inside !== undefined) {
    const place = `network namespace "${request.netns}"`;
    throw new CniError(errorCode.nameTaken, `CNI_IFNAME "${request.ifname}" already exists in ${place}`);
  }
  if (taken === undefined) return;
  const remedy = owns(owner, taken) ? 'DEL of this attachment removes it' : "it is not this plugin's";
  throw new CniError(errorCode.nameTaken, `host link "${owner.hostName}" already exists; ${remedy}`);
}

/**
 * The lock is held until the port is seen in the bridge, so that a failing ADD does not delete the bridge under another one; it is
 * exclusive where something is changed that all ports share.
 */
function joinBridge(
  { conf, owner, request, netns, host, undo }: Attaching,
  uplink: Link | undefined,
): { bridge: Bridge; port: Link } {
  const shared = conf.vlanFiltering !== 'enable' && uplink === undefined;
  return withBridgeLock(conf.bridge, shared ? 'shared' : 'exclusive', () => {
    const bridge = ensureBridge(host, conf, { uplink, undo });
    if (uplink !== undefined && conf.uplink !== undefined) {
      ensureUplink(host, { bridge, ifindex: uplink.ifindex }, { conf, settings: conf.uplink, undo });
    }
    const container = { netns, ifname: request.ifname, mac: conf.mac ?? randomMac(randomBytes(6)) };
    const mtu = conf.mtu ?? uplink?.mtu;
    const port = createPort(host, bridge, { conf: { ...conf, mtu }, owner, undo, container });
    return { bridge: requireBridge(host.request(getLinkByIndex(bridge.ifindex))), port };
  });
}

/** DHCP clients wait for seconds before they ask a second time: the first question must get through. */
function startForIpam({ host, container, netns, undo }: Attaching, { bridge, port, link }: Attached): void {
  const portEvents = openPortEvents();
  startLink(container, { netns, link }, { ips: [], dad: false, undo });
  waitForForwarding(portEvents, host, { bridge, port });
}

/** Release comes before reservation: an IPAM plugin that fails half way is told to give back what it took. */
function assign({ ipam }: NetConf, undo: Undo): IpamResult {
  if (ipam === undefined) return { ips: [], routes: [], dns: {} };
  undo.push('release the addresses', ipam.del);
  return ipam.add();
}

/** The container's link comes up last, when its port is on the right VLANs already; its addresses when the port forwards. */
function bringUp(
  { conf, netns, host, container, undo }: Attaching,
  { bridge, port, link }: Attached,
  given: IpamResult,
): void {
  const portEvents = openPortEvents();
  const dadEvents = openDadEvents(netns);
  startLink(container, { netns, link }, { ips: given.ips, dad: conf.enabledad, undo });
  const forwarding = waitForForwarding(portEvents, host, { bridge, port });
  addAddressesAndRoutes(container, link, given);
  waitForDad(dadEvents, container, { link, ips: given.ips });
  if (forwarding) announce(container, link, given.ips);
}

function masquerade({ request, conf, owner, undo }: Attaching, { ips }: IpamResult): void {
  const { containerId, ifname, network, environment } = request;
  const backend = chooseBackend(conf.ipMasqBackend, environment.PATH ?? '');
  undo.push('remove masquerade rules', () => detachMasquerade(owner, backend, request));
  writeMasqueradeRecord({ network, containerId, ifname, backend });
  const cidrs = ips.map(({ cidr }) => cidr);
  addMasquerade(backend, owner, cidrs, hostTools(environment.PATH ?? ''));
}
