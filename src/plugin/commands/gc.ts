import { CniError, errorCode } from '../../cni/error.ts';
import type { Request } from '../../cni/request.ts';
import { NETLINK_ROUTE } from '../../netlink/message.ts';
import { openNetlinkSocket } from '../../netlink/socket.ts';
import { deleteLink, listLinks } from '../../rtnetlink/link.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { LockTimeout } from '../../sys/lock.ts';
import { readDelegatedIpam, readValidAttachments } from '../config/read.ts';
import { AttemptAll } from '../failure/attempt-all.ts';
import { type HostEnd, hostEndOf, isOnNetwork } from '../state/attachment.ts';
import { listMasqueradeRecords } from '../state/masquerade-record.ts';
import { openRunDirectory } from '../state/run-directory.ts';
import { closeUnusedVids } from '../uplink/vids.ts';
import type { Recovery } from './recover.ts';
import { detachBetweenAdds, recoverKilledAdds } from './recover.ts';

/**
 * Removes the stale attachments of this network: ports and masquerade rules. Then runs GC of the IPAM plugin. Without a list of valid
 * attachments no attachment is known to be stale, and GC removes only the leftovers of killed processes.
 * @param directory the directory for locks and records
 * @throws CniError with all failures
 */
export function gc(request: Request, directory: string): undefined {
  const attempts = new AttemptAll();
  const valid = validHostNames(request);
  attempts.attempt('remove what is not valid', () => removeInvalid({ request, directory }, valid, attempts));
  const ipam = readDelegatedIpam(request);
  if (ipam !== undefined) attempts.attempt(`IPAM plugin "${ipam.type}"`, ipam.gc);
  attempts.throwFailures();
}

/** @param attempts collects the failures of single steps, so that the later steps still run */
function removeInvalid(
  { request, directory }: { request: Request; directory: string },
  valid: ReadonlySet<string> | undefined,
  attempts: AttemptAll,
): void {
  const host = openNetlinkSocket(NETLINK_ROUTE);
  const run = openRunDirectory(directory);
  const recovery = { host, run, searchPath: request.environment.PATH ?? '' };
  attempts.attempt('remove what killed processes left', () => {
    const failures = recoverKilledAdds(recovery);
    if (failures.length > 0) throw new CniError(errorCode.kernelRefused, failures.join('; '));
  });
  if (valid !== undefined) {
    const isStale = ({ name, alias }: Link): boolean =>
      isOnNetwork(alias ?? '', request.network) && !valid.has(name);
    // The kernel may interrupt the dump when other links change. The next GC removes a stale link that this list lacks.
    const links = host.execute({ ...listLinks('veth'), allowInterrupted: true });
    for (const link of links.filter(isStale)) {
      attempts.attempt(`delete link "${link.name}"`, () => host.find(deleteLink(link)));
    }
    attempts.attempt('remove masquerade rules', () => {
      for (const record of listMasqueradeRecords(run, request.network)) {
        const hostEnd = hostEndOf(record);
        if (valid.has(hostEnd.hostName)) continue;
        attempts.attempt(`remove masquerade rules of "${hostEnd.hostName}"`, () =>
          detachUnlessAdding(recovery, hostEnd),
        );
      }
    });
  }
  attempts.attempt('close unused VLANs on uplinks', () => closeUnusedVids(host, run));
}

/** Keeps the rules while an ADD of the attachment works: the runtime cannot list an unfinished attachment as valid yet. */
function detachUnlessAdding(recovery: Recovery, hostEnd: HostEnd): void {
  try {
    detachBetweenAdds(recovery, hostEnd, 0);
  } catch (error) {
    if (!(error instanceof LockTimeout)) throw error;
  }
}

/** The names of the host links that GC must keep; `undefined` when the request has no list of valid attachments. */
function validHostNames(request: Request): ReadonlySet<string> | undefined {
  const { network } = request;
  const attachments = readValidAttachments(request);
  return (
    attachments &&
    new Set(
      attachments.map(
        ({ containerID, ifname }) => hostEndOf({ network, containerId: containerID, ifname }).hostName,
      ),
    )
  );
}
