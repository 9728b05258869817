import type { Request } from '../../cni/request.ts';
import { NETLINK_ROUTE } from '../../netlink/message.ts';
import { openNetlinkSocket } from '../../netlink/socket.ts';
import { deletePort } from '../bridge/port.ts';
import { readDelegatedIpam } from '../config/read.ts';
import { AttemptAll } from '../failure/attempt-all.ts';
import { hostEndOf } from '../state/attachment.ts';
import { readMasqueradeRecord } from '../state/masquerade-record.ts';
import { openRunDirectory } from '../state/run-directory.ts';
import { closeUnusedVids } from '../uplink/vids.ts';
import { detachBetweenAdds, recoverKilledAdds } from './recover.ts';

/**
 * Detaches the container. Needs neither its network namespace nor anything of the configuration but the network's name and the
 * type of IPAM, takes every step whatever became of the others, and succeeds when there is nothing left to do.
 * @param directory the directory for locks and records
 * @throws CniError with everything that failed
 */
export function del(request: Request, directory: string): undefined {
  const attempts = new AttemptAll();
  const hostEnd = hostEndOf(request);
  const searchPath = request.environment.PATH ?? '';
  const ipam = readDelegatedIpam(request);
  const release = (): void => attempts.attempt('release the addresses', () => ipam?.del());
  if (ipam?.usesLink) release();
  attempts.attempt(`delete host link "${hostEnd.hostName}"`, () => {
    const host = openNetlinkSocket(NETLINK_ROUTE);
    deletePort(host, hostEnd);
    attempts.attempt('remove what killed processes left', () => {
      const run = openRunDirectory(directory);
      recoverKilledAdds({ host, run, searchPath });
      closeUnusedVids(host, run);
    });
  });
  attempts.attempt('remove masquerade rules', () => {
    const run = openRunDirectory(directory);
    if (readMasqueradeRecord(run, hostEnd) === undefined) return;
    detachBetweenAdds({ host: openNetlinkSocket(NETLINK_ROUTE), run, searchPath }, hostEnd);
  });
  // Last where it can be: nobody is to get an address that a link still has.
  if (!ipam?.usesLink) release();
  attempts.throwFailures();
}
