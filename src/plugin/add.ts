import { randomBytes } from 'node:crypto';
import { CniError, errorCode } from '../cni/error.ts';
import type { Request } from '../cni/request.ts';
import type { Result } from '../cni/result.ts';
import { randomMac } from '../inet/mac.ts';
import { NETLINK_ROUTE } from '../netlink/message.ts';
import { type NetlinkSocket, openNetlinkSocket } from '../netlink/socket.ts';
import { getLink, getLinkByIndex, type Link } from '../rtnetlink/link.ts';
import { closeNetns, type Netns, withNetns } from '../sys/netns.ts';
import { announce } from './announce.ts';
import { type Owner, ownerOf, owns } from './attachment.ts';
import { type Bridge, ensureBridge, requireBridge } from './bridge.ts';
import { lockBridge } from './bridge-lock.ts';
import { configureContainer } from './container.ts';
import { explain } from './explain.ts';
import { openPortEvents, waitForForwarding } from './forwarding.ts';
import { type NetConf, readNetConf } from './netconf.ts';
import { openContainerNetns } from './netns.ts';
import { createPort } from './port.ts';
import { addResult } from './result.ts';
import { Undo } from './undo.ts';
import { waitForAddresses } from './usable-addresses.ts';

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
};

/**
 * Attaches the container to its network, or leaves everything as it was.
 * @throws CniError, and the errors of netlink and of system calls
 */
export function add(request: Request): Result {
  const conf = readNetConf(request);
  const netns = openContainerNetns(request);
  const undo = new Undo();
  try {
    const host = openNetlinkSocket(NETLINK_ROUTE);
    const container = withNetns(netns, () => openNetlinkSocket(NETLINK_ROUTE));
    return attach({
      request,
      conf,
      owner: ownerOf(request),
      netns,
      host,
      container,
      undo,
    });
  } catch (error) {
    throw explain(error, undo.unwind());
  } finally {
    closeNetns(netns);
  }
}

function attach(attaching: Attaching): Result {
  const { request, conf, container, netns } = attaching;
  refuseTakenNames(attaching);
  const { bridge, port } = joinBridge(attaching);
  const link = container.request(getLink(request.ifname));
  if (!conf.disableContainerInterface) bringUp(attaching, { bridge, port, link });
  return addResult({ bridge, port, link, sandbox: netns.path }, conf);
}

function refuseTakenNames({ request, owner, host, container }: Attaching): void {
  if (container.find(getLink(request.ifname)) !== undefined) {
    const place = `network namespace "${request.netns}"`;
    throw new CniError(errorCode.nameTaken, `CNI_IFNAME "${request.ifname}" already exists in ${place}`);
  }
  const taken = host.find(getLink(owner.hostName));
  if (taken === undefined) return;
  const remedy = owns(owner, taken) ? 'DEL of this attachment removes it' : "it is not this plugin's";
  throw new CniError(errorCode.nameTaken, `host link "${owner.hostName}" already exists; ${remedy}`);
}

/** The lock is held until the port is seen in the bridge, so that a failing ADD does not delete the bridge under another one. */
function joinBridge({ conf, owner, request, netns, host, undo }: Attaching): {
  bridge: Bridge;
  port: Link;
} {
  const lock = lockBridge(conf.bridge, conf.vlanFiltering === 'enable' ? 'exclusive' : 'shared');
  try {
    const bridge = ensureBridge(host, conf, undo);
    const mac = conf.mac ?? randomMac(randomBytes(6));
    const port = createPort(host, bridge, {
      conf,
      owner,
      undo,
      container: { netns, ifname: request.ifname, mac },
    });
    return {
      bridge: requireBridge(host.request(getLinkByIndex(bridge.ifindex))),
      port,
    };
  } finally {
    lock.release();
  }
}

/** The container's link comes up last, when its port is on the right VLANs already. */
function bringUp(
  { conf, netns, host, container, undo }: Attaching,
  { bridge, port, link }: { bridge: Bridge; port: Link; link: Link },
): void {
  const { ips = [], routes = [] } = conf.ipam ?? {};
  const events = openPortEvents();
  try {
    configureContainer(container, netns, { link, ips, routes, undo });
    const forwards = waitForForwarding(events, host, { bridge, port });
    waitForAddresses(container, netns, { link, ips });
    if (forwards) announce(netns, link, ips);
  } finally {
    events.close();
  }
}
