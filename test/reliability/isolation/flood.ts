/**
 * `node flood.ts IFNAME FRAME...`: sends frames, given in hex, out of a link of its network namespace in a loop. It waits until the
 * link exists, and again after the link is deleted. It sets the link up, as root in a pod can do before the plugin. It prints a line
 * when it starts to send, and ends after ten minutes unless it is killed.
 */

import { NETLINK_ROUTE } from '../../../src/netlink/message.ts';
import { openNetlinkSocket } from '../../../src/netlink/socket.ts';
import { getLink, setLinkUp } from '../../../src/rtnetlink/link.ts';
import { SyscallError } from '../../../src/sys/libc.ts';
import { sendFrames } from '../../helpers/packet.ts';

const LIFETIME_MS = 600_000;
const PAUSE_MS = 5;
/** Errors of sendto(2) for a link that is down, deleted, or full. */
const TEMPORARY = ['ENETDOWN', 'ENXIO', 'ENODEV', 'ENOBUFS'];

const [ifname = '', ...hex] = process.argv.slice(2);
const frames = hex.map((text) => Buffer.from(text, 'hex'));
const socket = openNetlinkSocket(NETLINK_ROUTE);
const clock = new Int32Array(new SharedArrayBuffer(4));
process.stdout.write('at work\n');
while (performance.now() < LIFETIME_MS) {
  const link = socket.find(getLink(ifname));
  if (link !== undefined) flood(link);
  Atomics.wait(clock, 0, 0, PAUSE_MS);
}

/** Sends until the link refuses a frame. */
function flood(link: { readonly name: string; readonly ifindex: number }): void {
  socket.find(setLinkUp(link, true));
  try {
    while (performance.now() < LIFETIME_MS) {
      sendFrames(link.ifindex, frames);
      Atomics.wait(clock, 0, 0, PAUSE_MS);
    }
  } catch (error) {
    if (!(error instanceof SyscallError) || !TEMPORARY.includes(error.code)) throw error;
  }
}
