import { CniError, errorCode } from '../../cni/error.ts';
import type { NetlinkSocket } from '../../netlink/socket.ts';
import type { Transport } from '../../netlink/transport.ts';
import { openLinkEvents, waitForLink } from '../../rtnetlink/link-events.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { BR_STATE_DISABLED, BR_STATE_FORWARDING } from '../../rtnetlink/uapi.ts';
import type { Bridge } from './bridge.ts';

const TIMEOUT_S = 10;

/** Opens the link events for `waitForForwarding`. Open them before the container's link is set up: an earlier event would be lost. */
export function openPortEvents(): Transport {
  return openLinkEvents(TIMEOUT_S);
}

/**
 * Waits until the port forwards: the kernel needs a moment after both ends of the veth pair are up. A bridge with the spanning tree
 * protocol delays a new port by twice its forward delay. There the wait ends when the port has left the state "disabled".
 * @returns whether the port forwards
 * @throws CniError 11 when the port has left the bridge, or does not forward after ten seconds
 */
export function waitForForwarding(
  events: Transport,
  socket: NetlinkSocket,
  { bridge, port }: { bridge: Bridge; port: Link },
): boolean {
  const ready = ({ portState }: Link): boolean =>
    portState === BR_STATE_FORWARDING || (bridge.bridgeSettings.stp && portState !== BR_STATE_DISABLED);
  const deadlineMs = performance.now() + TIMEOUT_S * 1000;
  const inside = ({ master }: Link): boolean => master === bridge.ifindex;
  const link = waitForLink(events, socket, {
    ifindex: port.ifindex,
    deadlineMs,
    until: (seen) => ready(seen) || !inside(seen),
  });
  if (!inside(link)) {
    throw new CniError(
      errorCode.tryAgain,
      `port "${port.name}" is no longer in bridge "${bridge.name}": another process removed the port or deleted the bridge`,
    );
  }
  if (ready(link)) return link.portState === BR_STATE_FORWARDING;
  throw new CniError(
    errorCode.tryAgain,
    `port "${port.name}" of bridge "${bridge.name}" does not forward after ${TIMEOUT_S} s (state ${link.portState})`,
  );
}
