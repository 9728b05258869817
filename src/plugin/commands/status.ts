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
 * Whether an ADD with this configuration could be served, as far as can be told without trying.
 * @throws CniError 50 with every reason why not; 7 where the configuration is wrong; the IPAM plugin's own error as it is
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

/** A bridge that is not there yet will be made. */
function bridgeReasons(host: NetlinkSocket, conf: NetConf): readonly string[] {
  const link = host.find(getLink(conf.bridge));
  if (link === undefined) return [];
  const problem = bridgeProblem(link, conf);
  const slow = link.bridgeSettings?.stp && link.bridgeSettings.forwardDelayCs > 0;
  return [
    ...(problem === undefined ? [] : [problem]),
    ...(slow
      ? [
          `bridge "${link.name}" runs the spanning tree protocol and holds new ports back for ${delay(link)} s`,
        ]
      : []),
  ];
}

/** Listening and learning each take one forward delay. */
function delay({ bridgeSettings }: Link): number {
  return (2 * (bridgeSettings?.forwardDelayCs ?? 0)) / 100;
}

function uplinkReasons(host: NetlinkSocket, conf: NetConf): readonly string[] {
  const { uplink } = conf;
  if (uplink === undefined) return [];
  return reasonsOf(() => {
    const link = requireUplink(host, uplink, conf);
    // A link that is down has no carrier either; ADD sets it up.
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

/** The reasons that the requirement gives, or the error that it ends in. */
function reasonsOf(requirement: () => readonly string[] | undefined): readonly string[] {
  try {
    return requirement() ?? [];
  } catch (error) {
    if (!(error instanceof CniError) || error instanceof RecursionError) throw error;
    return [error.message];
  }
}
