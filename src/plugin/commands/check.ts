import { CniError, errorCode } from '../../cni/error.ts';
import type { Request } from '../../cni/request.ts';
import type { Result } from '../../cni/result.ts';
import { NETLINK_ROUTE } from '../../netlink/message.ts';
import { type NetlinkSocket, openNetlinkSocket } from '../../netlink/socket.ts';
import { getLink } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { closeNetns, withNetns } from '../../sys/netns.ts';
import { requireBridge } from '../bridge/bridge.ts';
import { checkBridge, checkPort } from '../bridge/check.ts';
import type { NetConf } from '../config/netconf.ts';
import { readNetConf } from '../config/read.ts';
import { checkContainer } from '../container/check.ts';
import { openContainerNetns } from '../container/netns.ts';
import { toCniError } from '../failure/to-cni-error.ts';
import { checkGateway } from '../gateway/check.ts';
import { checkMasquerade } from '../masquerade/check.ts';
import { type HostEnd, hostEndOf } from '../state/attachment.ts';
import { openRunDirectory } from '../state/run-directory.ts';
import { checkUplink } from '../uplink/check.ts';

/** The state that ADD left, by the configuration and prevResult. CHECK compares it with the kernel's. */
type Expected = {
  readonly directory: string;
  readonly request: Request;
  readonly conf: NetConf;
  readonly prevResult: Result;
  readonly hostEnd: HostEnd;
};

/**
 * Compares the state of the kernel with the configuration and prevResult.
 * @param directory the directory for records
 * @throws CniError 103 with every finding; 7 without a prevResult; the unchanged error of the IPAM plugin
 */
export function check(request: Request, directory: string): undefined {
  try {
    const conf = readNetConf(request);
    const { prevResult } = conf;
    if (prevResult === undefined) {
      throw new CniError(
        errorCode.invalidConfig,
        'prevResult is missing: CHECK compares with the result of ADD',
      );
    }
    const findings = collectFindings({ directory, request, conf, prevResult, hostEnd: hostEndOf(request) });
    if (findings.length > 0) throw new CniError(errorCode.checkFailed, findings.join('; '));
  } catch (error) {
    throw toCniError(error);
  }
}

function collectFindings(expected: Expected): readonly string[] {
  const { directory, request, conf, prevResult, hostEnd } = expected;
  const netns = openContainerNetns(request);
  try {
    const host = openNetlinkSocket(NETLINK_ROUTE);
    const container = withNetns(netns, () => openNetlinkSocket(NETLINK_ROUTE));
    const port = host.find(getLink(hostEnd.hostName));
    const link = container.find(getLink(request.ifname));
    return [
      ...(conf.ipam?.check(prevResult) ?? []),
      ...checkHost(host, expected, { port, link }),
      ...pairProblems(request, port, link),
      ...(link === undefined ? [] : checkContainer(container, link, { conf, prevResult })),
      ...checkMasquerade(openRunDirectory(directory), hostEnd, {
        conf,
        searchPath: request.environment.PATH ?? '',
      }),
    ];
  } finally {
    closeNetns(netns);
  }
}

/** Checks the host's side: the bridge, its port, the uplink and the gateway. */
function checkHost(
  host: NetlinkSocket,
  { request, conf, prevResult, hostEnd }: Expected,
  { port, link }: { port: Link | undefined; link: Link | undefined },
): readonly string[] {
  const found = host.find(getLink(conf.bridge));
  if (found === undefined) return [`bridge "${conf.bridge}" does not exist`];
  if (found.bridgeSettings === undefined) return [`"${conf.bridge}" is not a bridge`];
  const bridge = requireBridge(found);
  return [
    ...checkBridge(bridge, conf),
    ...checkPort(host, bridge, { conf, hostEnd, port, link }),
    ...checkUplink(host, bridge, { conf, port }),
    ...checkGateway(host, bridge, { conf, prevResult, ifname: request.ifname }),
  ];
}

function pairProblems(
  { ifname, netns }: Request,
  port: Link | undefined,
  link: Link | undefined,
): readonly string[] {
  const inNetns = `in network namespace "${netns}"`;
  if (link === undefined) return [`link "${ifname}" does not exist ${inNetns}`];
  if (port === undefined) return [];
  const paired = link.peerIfindex === port.ifindex && port.peerIfindex === link.ifindex;
  return paired ? [] : [`link "${ifname}" ${inNetns} is not the other end of host link "${port.name}"`];
}
