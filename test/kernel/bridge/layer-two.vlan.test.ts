import { beforeAll, expect, test } from 'vitest';
import { showLink } from '../../helpers/links.ts';
import { createNetns, fileCleanup, type Netns } from '../../helpers/netns.ts';
import { add, createPod, networkConf } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { capture, sendFrame } from '../../helpers/traffic.ts';

requireVlanFiltering();
const cleanup = fileCleanup();
const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const PROBE = 0x88b5;

let sender: Netns;
let sameVlan: Netns;
let otherVlan: Netns;
let trunk: Netns;
let mac: string;

beforeAll(async () => {
  const node = await createNetns('node', cleanup);
  const attach = async (keys: object): Promise<Netns> => {
    const pod = await createPod(node, cleanup);
    await add(pod, networkConf(keys));
    return pod.netns;
  };
  const vlanTrunk = [{ id: 100 }, { id: 200 }];
  [sender, sameVlan, otherVlan, trunk] = await Promise.all([
    attach({ vlan: 100 }),
    attach({ vlan: 100 }),
    attach({ vlan: 200 }),
    attach({ vlanTrunk }),
  ]);
  mac = (await showLink(sender, 'net1')).address;
});

test.each([
  ['a broadcast', () => ({ source: mac, destination: BROADCAST })],
  [
    'a broadcast from a foreign source address',
    () => ({ source: '02:66:00:00:00:01', destination: BROADCAST }),
  ],
  ['a multicast without members', () => ({ source: mac, destination: '01:00:5e:66:77:08' })],
  ['a frame to an unknown address', () => ({ source: mac, destination: '02:66:00:00:00:02' })],
])('%s reaches the pods on its VLAN and none on another', async (_case, header) => {
  const { source, destination } = header();
  const filter = `ether proto ${PROBE}`;
  const [near, far] = await Promise.all([
    capture(sameVlan, 'net1', filter),
    capture(otherVlan, 'net1', filter),
  ]);
  await sendFrame(sender, 'net1', { source, destination, type: PROBE, payload: Buffer.alloc(46) });
  await near.until(new RegExp(`^${source} > ${destination}, `));
  await sendMarker();
  expect(probes(await far.until(/^02:99:/))).toEqual([expect.stringMatching(/^02:99:/)]);
});

test('a DHCP request of a pod without an address reaches a DHCP server on its VLAN and none on another', async () => {
  const filter = `ether proto ${PROBE} or udp`;
  const [near, far] = await Promise.all([
    capture(sameVlan, 'net1', filter),
    capture(otherVlan, 'net1', filter),
  ]);
  await sendFrame(sender, 'net1', {
    source: mac,
    destination: BROADCAST,
    type: 0x0800,
    payload: dhcpDiscover(mac),
  });
  await near.until(/ 0\.0\.0\.0\.68 > 255\.255\.255\.255\.67: BOOTP\/DHCP, Request/);
  await sendMarker();
  expect(probes(await far.until(/^02:99:/))).toEqual([expect.stringMatching(/^02:99:/)]);
});

test('drops an untagged frame from a tagged-only trunk, and delivers a tagged one on its VLAN', async () => {
  const filter = `ether proto ${PROBE}`;
  const [near, far] = await Promise.all([
    capture(sameVlan, 'net1', filter),
    capture(otherVlan, 'net1', filter),
  ]);
  const payload = Buffer.alloc(46);
  const untagged = { source: '02:66:00:00:00:03', destination: BROADCAST, type: PROBE, payload };
  const inVlan = (vid: number) =>
    Buffer.concat([Buffer.of(vid >> 8, vid & 0xff, PROBE >> 8, PROBE & 0xff), payload]);
  await sendFrame(trunk, 'net1', untagged);
  for (const vid of [1, 100, 300, 200]) {
    const source = `02:77:00:00:00:${(vid % 100) + 10}`;
    await sendFrame(trunk, 'net1', { ...untagged, source, type: 0x8100, payload: inVlan(vid) });
  }
  await sendFrame(sender, 'net1', { ...untagged, source: '02:99:00:00:00:01' });
  await sendMarker();
  const seen = [probes(await near.until(/^02:99:/)), probes(await far.until(/^02:99:/))];
  expect(seen).toEqual([
    [expect.stringMatching(/^02:77:00:00:00:10 /), expect.stringMatching(/^02:99:/)],
    [expect.stringMatching(/^02:77:00:00:00:10 /), expect.stringMatching(/^02:99:/)],
  ]);
});

/** Sends a frame on VLAN 200 that a capture there must see. Frames that did not arrive before it were dropped. */
async function sendMarker(): Promise<void> {
  const header = { source: '02:99:00:00:00:02', destination: BROADCAST, type: PROBE };
  await sendFrame(trunk, 'net1', {
    ...header,
    type: 0x8100,
    payload: Buffer.concat([Buffer.of(0, 200, PROBE >> 8, PROBE & 0xff), Buffer.alloc(46)]),
  });
}

function probes(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => / > /.test(line));
}

/** An IPv4 packet with a UDP datagram from port 68 to 67 and a BOOTP request in it, without checksums. */
function dhcpDiscover(clientMac: string): Buffer {
  const bootp = Buffer.alloc(300);
  bootp.set([1, 1, 6, 0, 0x12, 0x34, 0x56, 0x78]);
  bootp.write(clientMac.replaceAll(':', ''), 28, 'hex');
  bootp.set([0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255], 236);
  const udp = Buffer.of(0, 68, 0, 67, 0, 0, 0, 0);
  udp.writeUInt16BE(udp.length + bootp.length, 4);
  const header = Buffer.of(0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255);
  header.writeUInt16BE(header.length + udp.length + bootp.length, 2);
  return Buffer.concat([header, udp, bootp]);
}
