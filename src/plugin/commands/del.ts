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
 * Detaches the container. Needs only the network's name and the type of IPAM, not the container's network namespace. Runs every step
 * even after failures, and succeeds when nothing is left to remove.
 * @param directory the directory for locks and records
 * @throws CniError with all failures
 */
export function del(request: Request, directory: string): undefined {
  const attempts = new AttemptAll();
  const hostEnd = hostEndOf(request);
  const searchPath = request.environment.PATH ?? '';
  const ipam = readDelegatedIpam(request);
  const release = (): void => {
    if (ipam !== undefined) attempts.attempt(`IPAM plugin "${ipam.type}"`, ipam.del);
  };
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
  // Release last if possible: IPAM must not give the address to another pod while a link still has it.
  if (!ipam?.usesLink) release();
  attempts.throwFailures();
}
