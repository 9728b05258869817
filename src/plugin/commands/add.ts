import type { Answer } from '../../cni/dispatch.ts';
import type { Request } from '../../cni/request.ts';
import type { Result } from '../../cni/result.ts';
import { NETLINK_ROUTE } from '../../netlink/message.ts';
import { openNetlinkSocket } from '../../netlink/socket.ts';
import { getLink, setAlias } from '../../rtnetlink/link.ts';
import { deferEndSignals } from '../../sys/end-signals.ts';
import { closeNetns, withNetns } from '../../sys/netns.ts';
import type { NetConf } from '../config/netconf.ts';
import { readNetConf } from '../config/read.ts';
import { openContainerNetns } from '../container/netns.ts';
import { Rollback } from '../failure/rollback.ts';
import { toCniError } from '../failure/to-cni-error.ts';
import { ensureGateway } from '../gateway/gateway.ts';
import { enableForwarding } from '../gateway/ip-forwarding.ts';
import { gatewayAddresses, withGateways } from '../gateway/plan.ts';
import { chooseBackend } from '../masquerade/masquerade.ts';
import { lockAdd, removeStaleAddLock } from '../state/add-lock.ts';
import { hostEndOf } from '../state/attachment.ts';
import { openRunDirectory } from '../state/run-directory.ts';
import { requireUplink } from '../uplink/uplink.ts';
import { addResult, appendResult } from './add-result.ts';
import type { AddContext } from './add-steps.ts';
import { assign, bringUp, joinBridge, masquerade, refuseTakenNames, startForIpam } from './add-steps.ts';
import { recoverKilledAdds } from './recover.ts';

/**
 * Attaches the container to its network and writes the result, or rolls every change back. A result that cannot be written is a
 * failure.
 * @param directory the directory for locks and records
 * @throws the error of `answer`, or a CniError; the details of the CniError name each change that could not be rolled back
 */
export function add(request: Request, directory: string, answer: Answer): void {
  const conf = readNetConf(request);
  const searchPath = request.environment.PATH ?? '';
  requirePossible(conf, searchPath);
  const netns = openContainerNetns(request);
  const endIfAsked = deferEndSignals();
  const rollback = new Rollback();
  try {
    const hostEnd = hostEndOf(request);
    const run = openRunDirectory(directory);
    const host = openNetlinkSocket(NETLINK_ROUTE);
    const container = withNetns(netns, () => openNetlinkSocket(NETLINK_ROUTE));
    recoverKilledAdds({ host, run, searchPath });
    rollback.add('remove the lock of an ADD that did not begin', () => removeStaleAddLock(run, hostEnd));
    const lock = lockAdd(run, hostEnd);
    rollback.add('end the lock of this ADD', lock.end);
    const own = { request, conf, hostEnd, netns, lock, rollback, endIfAsked };
    const result = attach({ ...own, host, container, run, searchPath });
    answer(conf.prevResult === undefined ? result : appendResult(conf.prevResult, result));
    lock.answered();
  } catch (error) {
    throw toCniError(error, rollback.run());
  } finally {
    closeNetns(netns);
  }
}

/** Checks before the first change that the host can do what the configuration asks for. @throws CniError 7 when it cannot */
function requirePossible(conf: NetConf, searchPath: string): void {
  // Fail early if a static address cannot have a gateway. Delegated addresses are checked after IPAM ADD.
  if (conf.ipam?.staticResult !== undefined) withGateways(conf.ipam.staticResult, conf);
  conf.ipam?.requirePlugin();
  if (conf.ipMasq && conf.ipam !== undefined) chooseBackend(conf.ipMasqBackend, searchPath);
}

function attach(context: AddContext): Result {
  const { request, conf, hostEnd, host, container, netns, run, rollback, lock, endIfAsked } = context;
  endIfAsked();
  refuseTakenNames(context);
  const uplink = conf.uplink === undefined ? undefined : requireUplink(host, conf.uplink, conf);
  const joined = joinBridge(context, uplink);
  endIfAsked();
  const link = container.execute(getLink(request.ifname));
  if (conf.ipam?.usesLink) startForIpam(context, { ...joined, link });
  const ipamResult = withGateways(assign(conf, rollback), conf);
  endIfAsked();
  const gateways = conf.isGateway ? gatewayAddresses(ipamResult.ips) : [];
  const gateway =
    gateways.length === 0
      ? undefined
      : ensureGateway(host, joined, { conf, addresses: gateways, run, rollback });
  if (!conf.disableContainerInterface) bringUp(context, { ...joined, link }, ipamResult);
  if (conf.ipMasq && ipamResult.ips.length > 0) masquerade(context, ipamResult);
  enableForwarding(new Set(gateways.map(({ ip }) => ip.family)));
  endIfAsked();
  lock.awaitAnswer();
  // Set the alias last: a host end without an alias counts as unfinished, and recovery deletes it.
  host.execute(setAlias(joined.port, hostEnd.alias));
  return addResult({ ...joined, link, gateway, sandbox: netns.path }, ipamResult, conf.dns);
}
