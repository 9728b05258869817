import * as z from 'zod/mini';
import { CniError, errorCode } from '../cni/error.ts';
import { parseResult } from '../cni/foreign-result.ts';
import { fields, read } from '../cni/json.ts';
import type { Request } from '../cni/request.ts';
import type { Result } from '../cni/result.ts';
import { checkStatic } from '../ipam/static.ts';
import { NETLINK_ROUTE } from '../netlink/message.ts';
import { type NetlinkSocket, openNetlinkSocket } from '../netlink/socket.ts';
import { getLink, type Link } from '../rtnetlink/link.ts';
import { closeNetns, withNetns } from '../sys/netns.ts';
import { type Owner, ownerOf, owns } from './attachment.ts';
import { checkContainer } from './check-container.ts';
import { explain } from './explain.ts';
import { type NetConf, readNetConf } from './netconf.ts';
import { openContainerNetns } from './netns.ts';
import { vlanDifference } from './port.ts';
import { portVlans, wantsVlans } from './vlans.ts';

/**
 * Compares what is there with what ADD left, by the configuration and prevResult.
 * @throws CniError 103 with every finding; 7 without a prevResult
 */
export function check(request: Request): undefined {
  try {
    const conf = readNetConf(request);
    const prevResult = requirePrevResult(request);
    const findings = [
      ...(conf.ipam === undefined ? [] : checkStatic(conf.ipam, prevResult)),
      ...look(request, conf, prevResult),
    ];
    if (findings.length > 0) throw new CniError(errorCode.checkFailed, findings.join('; '));
  } catch (error) {
    throw explain(error);
  }
}

function requirePrevResult({ config, cniVersion }: Request): Result {
  const { data } = read(fields({ prevResult: z.optional(z.unknown()) }), config);
  if (data?.prevResult !== undefined) return parseResult(data.prevResult, cniVersion);
  throw new CniError(errorCode.invalidConfig, 'prevResult is missing: CHECK compares with the result of ADD');
}

function look(request: Request, conf: NetConf, prevResult: Result): readonly string[] {
  const netns = openContainerNetns(request);
  try {
    const host = openNetlinkSocket(NETLINK_ROUTE);
    const container = withNetns(netns, () => openNetlinkSocket(NETLINK_ROUTE));
    const owner = ownerOf(request);
    const port = host.find(getLink(owner.hostName));
    const link = container.find(getLink(request.ifname));
    return [
      ...checkPort(host, conf, { owner, port }),
      ...pairProblems(request, port, link),
      ...(link === undefined ? [] : checkContainer(container, link, { conf, prevResult })),
    ];
  } finally {
    closeNetns(netns);
  }
}

/** The host's side: the bridge, the port in it, and the port's VLANs. */
function checkPort(
  host: NetlinkSocket,
  conf: NetConf,
  { owner, port }: { owner: Owner; port: Link | undefined },
): readonly string[] {
  const bridge = host.find(getLink(conf.bridge));
  if (bridge === undefined) return [`bridge "${conf.bridge}" does not exist`];
  if (bridge.bridge === undefined) return [`"${conf.bridge}" is not a bridge`];
  const filtering = bridge.bridge.vlanFiltering === true;
  const findings = [
    bridge.up ? '' : `bridge "${bridge.name}" is down`,
    filtering || !wantsVlans(conf) ? '' : `bridge "${bridge.name}" does not filter VLANs`,
  ];
  if (port === undefined)
    return [...findings.filter(Boolean), `host link "${owner.hostName}" does not exist`];
  if (!owns(owner, port))
    return [...findings.filter(Boolean), `host link "${port.name}" is not of this attachment`];
  const attached = port.master === bridge.ifindex;
  findings.push(
    attached ? '' : `host link "${port.name}" is not a port of bridge "${bridge.name}"`,
    port.up ? '' : `host link "${port.name}" is down`,
    conf.mtu === undefined || conf.mtu === port.mtu
      ? ''
      : `host link "${port.name}" has MTU ${port.mtu}, not ${conf.mtu}`,
  );
  if (attached && filtering) findings.push(vlanFinding(host, port, conf, bridge.bridge.defaultPvid));
  return findings.filter(Boolean);
}

function vlanFinding(host: NetlinkSocket, port: Link, conf: NetConf, defaultPvid: number): string {
  const wanted = portVlans(conf, defaultPvid);
  // ADD refuses such a bridge; it was made to filter, or its default VLAN taken away, since.
  if (wanted.length === 0) return `the bridge filters VLANs, and port "${port.name}" is to be on none`;
  const difference = vlanDifference(host, port, wanted);
  if (difference === undefined) return '';
  return `port "${port.name}" is on VLAN ${difference.found}, not on ${difference.expected}`;
}

function pairProblems(
  { ifname, netns }: Request,
  port: Link | undefined,
  link: Link | undefined,
): readonly string[] {
  if (link === undefined) return [`link "${ifname}" does not exist in network namespace "${netns}"`];
  if (port === undefined || (link.peerIfindex === port.ifindex && port.peerIfindex === link.ifindex))
    return [];
  return [
    `link "${ifname}" in network namespace "${netns}" is not the other end of host link "${port.name}"`,
  ];
}
