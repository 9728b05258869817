import { runDelegate } from '../../cni/delegate.ts';
import type { Request } from '../../cni/request.ts';
import { ipamType, usesLink } from '../../ipam/ipam.ts';
import { NETLINK_ROUTE } from '../../netlink/message.ts';
import { openNetlinkSocket } from '../../netlink/socket.ts';
import { deletePort } from '../bridge/port.ts';
import { Cleanup } from '../failure/attempt-all.ts';
import { ownerOf } from '../state/attachment.ts';
import { readMasqueradeRecord } from '../state/masquerade-record.ts';
import { closeUnusedVids } from '../uplink/vids.ts';
import { detachBetweenAdds, sweepAbandoned } from './recover.ts';

/**
 * Detaches the container. Needs neither its network namespace nor anything of the configuration but the network's name and the
 * type of IPAM, takes every step whatever became of the others, and succeeds when there is nothing left to do.
 * @throws CniError with everything that failed
 */
export function del(request: Request): undefined {
  const cleanup = new Cleanup();
  const owner = ownerOf(request);
  const type = ipamType(request.config);
  const isDelegated = type !== '' && type !== 'static';
  const release = (): void =>
    cleanup.run(`IPAM plugin "${type}"`, () => void runDelegate(type, request, 'DEL'));
  if (isDelegated && usesLink(type)) release();
  cleanup.run(`delete host link "${owner.hostName}"`, () => {
    const host = openNetlinkSocket(NETLINK_ROUTE);
    deletePort(host, owner);
    cleanup.run('remove what killed processes left', () => {
      sweepAbandoned(host, request);
      closeUnusedVids(host);
    });
  });
  cleanup.run('remove masquerade rules', () => {
    if (readMasqueradeRecord(owner) === undefined) return;
    detachBetweenAdds(openNetlinkSocket(NETLINK_ROUTE), owner, { request });
  });
  // Last where it can be: nobody is to get an address that a link still has.
  if (isDelegated && !usesLink(type)) release();
  cleanup.finish();
}
