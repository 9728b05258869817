import type { Request } from '../cni/request.ts';
import { NETLINK_ROUTE } from '../netlink/message.ts';
import { openNetlinkSocket } from '../netlink/socket.ts';
import { ownerOf } from './attachment.ts';
import { explain } from './explain.ts';
import { deletePort } from './port.ts';

/**
 * Detaches the container. Needs neither its network namespace nor anything of the configuration but the network's name, and
 * succeeds when there is nothing left to do.
 * @throws CniError when the kernel refuses to delete the link
 */
export function del(request: Request): undefined {
  try {
    deletePort(openNetlinkSocket(NETLINK_ROUTE), ownerOf(request));
  } catch (error) {
    throw explain(error);
  }
}
