import { requirePlugin } from '../cni/delegate.ts';
import { CniError, errorCode } from '../cni/error.ts';
import { RecursionError } from '../cni/recursion.ts';
import type { Request } from '../cni/request.ts';
import { ipamType } from '../ipam/ipam.ts';
import { NETLINK_ROUTE } from '../netlink/message.ts';
import { type NetlinkSocket, openNetlinkSocket } from '../netlink/socket.ts';
import { getLink } from '../rtnetlink/link.ts';
import type { Link } from '../rtnetlink/link-info.ts';
import { bridgeProblem } from './bridge.ts';
import { carrierProblems } from './check-uplink.ts';
import { explain } from './explain.ts';
import { runNewVerb } from './gc.ts';
import { chooseBackend } from './masquerade.ts';
import { type NetConf, readNetConf } from './netconf.ts';
import { requireUplink } from './uplink.ts';

/**
 * Whether an ADD with this configuration could be served, as far as can be told without trying.
 * @throws CniError 50 with every reason why not; 7 where the configuration is wrong; the IPAM plugin's own error as it is
 */
export function status(request: Request): undefined {
  const type = ipamType(request.config);
  try {
    const conf = readNetConf(request);
    const host = openNetlinkSocket(NETLINK_ROUTE);
    const reasons = [
      ...bridgeReasons(host, conf),
      ...uplinkReasons(host, conf),
      ...toolReasons(conf, request, type),
    ];
    if (reasons.length > 0) throw new CniError(errorCode.cannotAdd, reasons.join('; '));
  } catch (error) {
    throw explain(error);
  }
  if (type !== '' && type !== 'static') runNewVerb(type, request, 'STATUS');
}

/** A bridge that is not there yet will be made. */
function bridgeReasons(host: NetlinkSocket, conf: NetConf): readonly string[] {
  const link = host.find(getLink(conf.bridge));
  if (link === undefined) return [];
  const problem = bridgeProblem(link, conf);
  const slow = link.bridge?.stp && link.bridge.forwardDelayCs > 0;
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
function delay({ bridge }: Link): number {
  return (2 * (bridge?.forwardDelayCs ?? 0)) / 100;
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

function toolReasons(conf: NetConf, request: Request, type: string): readonly string[] {
  const external = type !== '' && type !== 'static';
  return [
    ...(external ? reasonsOf(() => void requirePlugin(type, request)) : []),
    ...(conf.ipMasq && type !== ''
      ? reasonsOf(() => void chooseBackend(conf.ipMasqBackend, request.environment.PATH ?? ''))
      : []),
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
