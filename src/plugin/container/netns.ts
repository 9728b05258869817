import { CniError, errorCode } from '../../cni/error.ts';
import type { Request } from '../../cni/request.ts';
import { SyscallError } from '../../sys/libc.ts';
import { closeNetns, isCurrentNetns, type Netns, NetnsError, openNetns } from '../../sys/netns.ts';
import { toCniError } from '../failure/to-cni-error.ts';

/**
 * Opens the container's network namespace. The caller closes it.
 * @throws CniError 8 when CNI_NETNS is not a network namespace, or is the plugin's own
 */
export function openContainerNetns(request: Request): Netns {
  const netns = open(request.netns);
  if (request.allowSameNetns || !isOwn(netns)) return netns;
  closeNetns(netns);
  throw new CniError(
    errorCode.invalidNetns,
    `CNI_NETNS "${request.netns}" is the network namespace that the plugin runs in`,
  );
}

function isOwn(netns: Netns): boolean {
  try {
    return isCurrentNetns(netns);
  } catch (error) {
    closeNetns(netns);
    throw toCniError(error);
  }
}

function open(path: string): Netns {
  try {
    return openNetns(path);
  } catch (cause) {
    if (!(cause instanceof NetnsError || cause instanceof SyscallError)) throw cause;
    throw new CniError(errorCode.invalidNetns, `CNI_NETNS: ${cause.message}`, {
      cause,
    });
  }
}
