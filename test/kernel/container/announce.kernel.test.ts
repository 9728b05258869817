import { beforeAll, expect, test } from 'vitest';
import { createNetns, exec, fileCleanup, ipJson, type Netns } from '../../helpers/netns.ts';
import { add, createPod, del, networkConf, type Pod, staticIpam } from '../../helpers/pod.ts';
import { capture } from '../../helpers/traffic.ts';

const cleanup = fileCleanup();
const FILTER = 'arp or (icmp6 and ip6[40] == 136)';

let node: Netns;
let peer: Pod;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
  peer = await createPod(node, cleanup);
  await add(peer, conf('10.20.1.1/24', 'fd00:20::1/64'));
});

function conf(...addresses: string[]) {
  return networkConf({ ipam: staticIpam(addresses) });
}

test('announces the addresses of a new pod to the other pods of the bridge', async () => {
  const pod = await createPod(node);
  const frames = await capture(peer.netns, 'net1', FILTER);
  const mac = '02:00:00:00:00:0a';
  await add(pod, { ...conf('10.20.1.11/24', '10.20.1.12/24', 'fd00:20::11/64'), mac });
  const six = await frames.until(/ fd00:20::11 > ff02::1: /);
  const four = await frames.until(/tell 10\.20\.1\.12,/);
  expect([...six, ...four]).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /^02:00:00:00:00:0a > ff:ff:ff:ff:ff:ff, .* who-has 10\.20\.1\.11 .*tell 10\.20\.1\.11,/,
      ),
      expect.stringMatching(
        /^02:00:00:00:00:0a > ff:ff:ff:ff:ff:ff, .* who-has 10\.20\.1\.12 .*tell 10\.20\.1\.12,/,
      ),
      expect.stringMatching(
        /^02:00:00:00:00:0a > 33:33:00:00:00:01, .* neighbor advertisement, tgt is fd00:20::11, /,
      ),
    ]),
  );
});

test('sends no advertisement of the link-local address for a pod without IPv6 addresses', async () => {
  const pod = await createPod(node);
  const frames = await capture(peer.netns, 'net1', FILTER);
  const mac = '02:00:00:00:00:0b';
  await add(pod, { ...conf('10.20.1.41/24'), mac });
  const lines = await frames.until(/tell 10\.20\.1\.41,/);
  expect(lines.filter((line) => line.startsWith(mac))).toEqual([
    expect.stringMatching(/tell 10\.20\.1\.41,/),
  ]);
});

test('announces nothing for a container end that stays down, nor on another bridge', async () => {
  const pods = await Promise.all([createPod(node), createPod(node), createPod(node)]);
  const [down, elsewhere, last] = pods;
  const frames = await capture(peer.netns, 'net1', 'arp');
  await add(down, networkConf({ disableContainerInterface: true }));
  await add(elsewhere, networkConf({ bridge: 'other0', ipam: staticIpam(['10.20.1.21/24']) }));
  await add(last, conf('10.20.1.22/24'));
  const lines = await frames.until(/tell 10\.20\.1\.22,/);
  expect(lines.filter((line) => / > /.test(line))).toEqual([expect.stringMatching(/tell 10\.20\.1\.22,/)]);
});

test('updates the neighbour entry of a peer when an address moves to another pod', async () => {
  const [first, second] = await Promise.all([createPod(node), createPod(node)]);
  const moving = conf('10.20.1.31/24', 'fd00:20::31/64');
  const before = await add(first, moving);
  await exec(peer.netns, 'ping', ['-c', '1', '10.20.1.31']);
  await exec(peer.netns, 'ping', ['-c', '1', 'fd00:20::31']);
  expect(await neighbours()).toEqual([before.interfaces[2].mac, before.interfaces[2].mac]);
  await del(first, moving);
  const after = await add(second, moving);
  await expect
    .poll(neighbours, { timeout: 10_000 })
    .toEqual([after.interfaces[2].mac, after.interfaces[2].mac]);
});

/** The peer's neighbour entries for the two addresses that move. */
async function neighbours(): Promise<(string | undefined)[]> {
  type Neighbour = { readonly dst: string; readonly lladdr?: string };
  const known = await ipJson<Neighbour>(peer.netns, 'neigh', 'show', 'dev', 'net1');
  return ['10.20.1.31', 'fd00:20::31'].map((ip) => known.find(({ dst }) => dst === ip)?.lladdr);
}
