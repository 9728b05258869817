/**
 * `node flood.ts IFNAME FRAME...`: sends frames, given in hex, out of a link of its network namespace over and over, from the moment
 * that there is one of that name, and out of the next one when that is gone. A link that is down is set up: whoever is root in a pod
 * does not wait for the plugin to do it. Prints a line when it is at work, and ends when it is killed, or after some minutes.
 */

import { NETLINK_ROUTE } from '../../../src/netlink/message.ts';
import { openNetlinkSocket } from '../../../src/netlink/socket.ts';
import { getLink, setLinkUp } from '../../../src/rtnetlink/link.ts';
import { SyscallError } from '../../../src/sys/libc.ts';
import { sendFrames } from '../../helpers/packet.ts';

const LIFETIME_MS = 600_000;
const PAUSE_MS = 5;
/** What sendto(2) says of a link that is down, gone, or full. */
const PASSING = ['ENETDOWN', 'ENXIO', 'ENODEV', 'ENOBUFS'];

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

/** Sends until the link does not take it. */
function flood(link: { readonly name: string; readonly ifindex: number }): void {
  socket.find(setLinkUp(link, true));
  try {
    while (performance.now() < LIFETIME_MS) {
      sendFrames(link.ifindex, frames);
      Atomics.wait(clock, 0, 0, PAUSE_MS);
    }
  } catch (error) {
    if (!(error instanceof SyscallError) || !PASSING.includes(error.code)) throw error;
  }
}
