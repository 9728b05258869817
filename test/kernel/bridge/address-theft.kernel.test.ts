import { beforeEach, expect, test } from 'vitest';
import { showLink } from '../../helpers/links.ts';
import { encodeFrame } from '../../helpers/marked-frame.ts';
import { bridgeJson, createNetns, type Netns } from '../../helpers/netns.ts';
import { add, createPod, networkConf, type Pod, refusal, staticIpam } from '../../helpers/pod.ts';
import { resolves, sendAll } from '../../helpers/traffic.ts';

const MAC = '02:00:00:00:00:11';
const FRAME = encodeFrame({ source: MAC, destination: 'ff:ff:ff:ff:ff:ff', mark: 'theft' });
const checked = networkConf({ macspoofchk: true, mac: MAC, ipam: staticIpam(['10.20.1.11/24']) });

const TAKEN = expect.stringMatching(
  /^add static forwarding entries to port "veth\w+": EEXIST \(file exists\)$/,
);

let node: Netns;
let pod: Pod;
let thief: Pod;

beforeEach(async () => {
  node = await createNetns('node');
  pod = await createPod(node);
  thief = await createPod(node);
  const peer = await createPod(node);
  await add(thief, networkConf());
  await add(peer, networkConf({ ipam: staticIpam(['10.20.1.12/24']) }));
});

test('a pod with macspoofchk stays reachable when another pod sends frames from its address', async () => {
  await add(pod, checked);
  await sendAll(thief.netns, 'net1', [FRAME]);
  expect(await resolves(pod.netns, 'net1', '10.20.1.12')).toBe(true);
});

test('a pod with macspoofchk can be attached after another pod has sent frames from its address', async () => {
  await sendAll(thief.netns, 'net1', [FRAME]);
  expect(await entries()).toEqual([expect.not.objectContaining({ state: 'static' })]);
  const { interfaces } = await add(pod, checked);
  expect(await entries()).toEqual([
    expect.objectContaining({ ifname: interfaces[1].name, state: 'static', flags: ['sticky'] }),
  ]);
  expect(await resolves(pod.netns, 'net1', '10.20.1.12')).toBe(true);
});

test('refuses a second pod with macspoofchk and the same address, and the first pod keeps it', async () => {
  const { interfaces } = await add(pod, checked);
  const second = await createPod(node);
  expect(await refusal('ADD', second, checked)).toEqual({
    cniVersion: '1.0.0',
    code: 100,
    msg: TAKEN,
  });
  expect(await entries()).toEqual([expect.objectContaining({ ifname: interfaces[1].name })]);
  expect(await resolves(pod.netns, 'net1', '10.20.1.12')).toBe(true);
});

test('refuses a pod with macspoofchk and the address of the bridge', async () => {
  const { address } = await showLink(node, 'vlanbr0');
  expect(await refusal('ADD', pod, { ...checked, mac: address })).toMatchObject({ code: 100, msg: TAKEN });
});

/** The FDB entries of the bridge for the address. */
async function entries(): Promise<readonly object[]> {
  const all = await bridgeJson<{ readonly mac: string }>(node, 'fdb', 'show', 'br', 'vlanbr0');
  return all.filter(({ mac }) => mac === MAC);
}
