import { CniError, errorCode } from '../../cni/error.ts';
import { RecursionError } from '../../cni/recursion.ts';
import type { Request } from '../../cni/request.ts';
import type { Ipam } from '../../ipam/ipam.ts';
import { NETLINK_ROUTE } from '../../netlink/message.ts';
import { type NetlinkSocket, openNetlinkSocket } from '../../netlink/socket.ts';
import { getLink } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { bridgeProblem } from '../bridge/bridge.ts';
import type { NetConf } from '../config/netconf.ts';
import { readNetConf } from '../config/read.ts';
import { toCniError } from '../failure/to-cni-error.ts';
import { chooseBackend } from '../masquerade/masquerade.ts';
import { carrierProblems } from '../uplink/eligibility.ts';
import { requireUplink } from '../uplink/uplink.ts';

/**
 * Checks whether ADD can serve this configuration, without changing the host.
 * @throws CniError 50 with every reason against it; 7 when the configuration is wrong; the unchanged error of the IPAM plugin
 */
export function status(request: Request): undefined {
  let ipam: Ipam | undefined;
  try {
    const conf = readNetConf(request);
    ipam = conf.ipam;
    const host = openNetlinkSocket(NETLINK_ROUTE);
    const reasons = [
      ...bridgeReasons(host, conf),
      ...uplinkReasons(host, conf),
      ...toolReasons(conf, request),
    ];
    if (reasons.length > 0) throw new CniError(errorCode.cannotAdd, reasons.join('; '));
  } catch (error) {
    throw toCniError(error);
  }
  ipam?.status();
}

/** A missing bridge is no reason: ADD creates the bridge. */
function bridgeReasons(host: NetlinkSocket, conf: NetConf): readonly string[] {
  const link = host.find(getLink(conf.bridge));
  if (link === undefined) return [];
  const problem = bridgeProblem(link, conf);
  const slow = link.bridgeSettings?.stp && link.bridgeSettings.forwardDelayCs > 0;
  return [
    ...(problem === undefined ? [] : [problem]),
    ...(slow
      ? [`bridge "${link.name}" runs the spanning tree protocol and delays new ports by ${delay(link)} s`]
      : []),
  ];
}

/** Seconds until a new port forwards: the states listening and learning each take one forward delay. */
function delay({ bridgeSettings }: Link): number {
  return (2 * (bridgeSettings?.forwardDelayCs ?? 0)) / 100;
}

function uplinkReasons(host: NetlinkSocket, conf: NetConf): readonly string[] {
  const { uplink } = conf;
  if (uplink === undefined) return [];
  return reasonsOf(() => {
    const link = requireUplink(host, uplink, conf);
    // A link that is down has no carrier. This is no reason: ADD sets the link up.
    return link.up ? carrierProblems(link) : [];
  });
}

function toolReasons({ ipam, ipMasq, ipMasqBackend }: NetConf, { environment }: Request): readonly string[] {
  if (ipam === undefined) return [];
  const searchPath = environment.PATH ?? '';
  return [
    ...reasonsOf(() => void ipam.requirePlugin()),
    ...(ipMasq ? reasonsOf(() => void chooseBackend(ipMasqBackend, searchPath)) : []),
  ];
}

/** Runs the requirement. Returns its reasons, or the message of the CniError that it throws. */
function reasonsOf(requirement: () => readonly string[] | undefined): readonly string[] {
  try {
    return requirement() ?? [];
  } catch (error) {
    if (!(error instanceof CniError) || error instanceof RecursionError) throw error;
    return [error.message];
  }
}
