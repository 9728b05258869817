import { encodeGratuitousArp, encodeUnsolicitedAdvertisement } from '../inet/announcement.ts';
import { parseMac } from '../inet/mac.ts';
import type { AssignedIp } from '../ipam/ipam.ts';
import type { Link } from '../rtnetlink/link-info.ts';
import { type Netns, withNetns } from '../sys/netns.ts';
import { sendFrames } from '../sys/packet.ts';
import { step } from '../sys/step.ts';

/**
 * Tells the neighbours on the VLAN which link-layer address the container's addresses have now, so that none goes on sending to
 * the last owner of one. To be called when the port forwards: what is sent earlier gets nowhere.
 */
export function announce(netns: Netns, link: Link, ips: readonly AssignedIp[]): void {
  const mac = parseMac(link.mac);
  if (mac === undefined || ips.length === 0) return;
  const frames = ips.map(({ cidr: { ip } }) =>
    ip.family === 4 ? encodeGratuitousArp(mac, ip) : encodeUnsolicitedAdvertisement(mac, ip),
  );
  step('announce the addresses', () => withNetns(netns, () => sendFrames(link.ifindex, frames)));
}
