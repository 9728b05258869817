import { beforeEach, describe, expect, test } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { showLink } from '../../helpers/links.ts';
import { encodeFrame } from '../../helpers/marked-frame.ts';
import { bridgeJson, createNetns, exec, ip, type Netns } from '../../helpers/netns.ts';
import { add, check, createPod, del, networkConf, type Pod, refusal } from '../../helpers/pod.ts';
import { isLinuxBefore, requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { resolves, sendAll } from '../../helpers/traffic.ts';

requireVlanFiltering();

const OWN = '02:00:00:00:00:11';
const FOREIGN = '02:00:00:00:00:66';
let node: Netns;
let pod: Pod;

beforeEach(async () => {
  node = await createNetns('node');
  pod = await createPod(node);
  await ip(
    node,
    'link add vlanbr0 address 02:00:00:00:00:99 up type bridge vlan_filtering 1 mcast_snooping 0',
  );
});

const trunk = { vlan: 100, vlanTrunk: [{ id: 200 }, { id: 201 }] };

// A skipped test counts as failed, so only the tests that fit the kernel are defined.
if (isLinuxBefore(5, 18)) describe('macspoofchk where ports cannot be locked', refusedTests);
else describe('macspoofchk', lockedTests);

function refusedTests(): void {
  test('is refused, and changes nothing', async () => {
    const before = await Promise.all([node, pod.netns].map(kernelState));
    expect(await refusal('ADD', pod, networkConf({ vlan: 100, macspoofchk: true }))).toEqual({
      cniVersion: '1.0.0',
      code: 100,
      msg: expect.stringMatching(
        /^port "veth\w+" has locked off .*; "macspoofchk" needs Linux 5\.18 or newer$/,
      ),
    });
    expect(await Promise.all([node, pod.netns].map(kernelState))).toEqual(before);
  });
}

function lockedTests(): void {
  test("forwards only frames from the pod's own address, on every VLAN of the port", async () => {
    const peer = await createPod(node);
    await Promise.all([
      add(peer, networkConf({ ...trunk })),
      add(pod, networkConf({ ...trunk, macspoofchk: true }), { args: `MAC=${OWN}` }),
    ]);
    await Promise.all([addSubinterfaces(peer, 12), addSubinterfaces(pod, 11)]);
    expect(await resolvedBy(pod)).toEqual([true, true, true]);
    await ip(pod.netns, `link set net1 address ${FOREIGN}`);
    expect(await resolvedBy(pod)).toEqual([false, false, false]);
    await ip(pod.netns, `link set net1 address ${OWN}`);
    expect(await resolvedBy(pod)).toEqual([true, true, true]);
  });

  test('keeps the address on the port on every VLAN when another pod sends frames from it', async () => {
    const [peer, thief] = [await createPod(node), await createPod(node)];
    await Promise.all([
      add(peer, networkConf({ ...trunk })),
      add(thief, networkConf({ ...trunk })),
      add(pod, networkConf({ ...trunk, macspoofchk: true }), { args: `MAC=${OWN}` }),
    ]);
    await Promise.all([addSubinterfaces(peer, 12), addSubinterfaces(pod, 11)]);
    const header = { source: OWN, destination: 'ff:ff:ff:ff:ff:ff', mark: 'theft' };
    const frames = ['', '200', '201'].map((tags) => encodeFrame({ ...header, tags }));
    await sendAll(thief.netns, 'net1', frames);
    expect(await resolvedBy(pod)).toEqual([true, true, true]);
  });

  test('has one entry for each of 4,094 VLANs, which CHECK counts and DEL removes', async () => {
    const before = await kernelState(node);
    const conf = networkConf({ vlanTrunk: [{ minID: 1, maxID: 4094 }], macspoofchk: true });
    const prevResult = await add(pod, conf, { args: `MAC=${OWN}` });
    const { name } = prevResult.interfaces[1];
    const vids = await staticVids(name);
    expect(vids).toEqual(Array.from({ length: 4094 }, (_, index) => index + 1));
    await check(pod, conf, prevResult);
    await exec(node, 'bridge', ['fdb', 'del', OWN, 'dev', name, 'master', 'vlan', '2000']);
    expect(await refusal('CHECK', pod, { ...conf, prevResult })).toEqual({
      cniVersion: '1.0.0',
      code: 103,
      msg: `port "${name}" is locked without a forwarding entry for the address ${OWN}`,
    });
    await del(pod, conf);
    expect(await kernelState(node)).toEqual(before);
  });
}

/** Addresses on all VLANs of the trunk: untagged 10.20.100.HOST, tagged 10.20.200.HOST and 10.20.201.HOST. */
async function addSubinterfaces({ netns }: Pod, host: number): Promise<void> {
  await ip(
    netns,
    `address add 10.20.100.${host}/24 dev net1`,
    ...[200, 201].flatMap((vid) => [
      `link add net1.${vid} link net1 up type vlan id ${vid}`,
      `address add 10.20.${vid}.${host}/24 dev net1.${vid}`,
    ]),
  );
}

/** The VLANs of 100, 200 and 201 on which the peer answers. VLAN links on `net1` follow its address. */
async function resolvedBy({ netns }: Pod): Promise<boolean[]> {
  const { address } = await showLink(netns, 'net1');
  await ip(netns, ...[200, 201].map((vid) => `link set net1.${vid} address ${address}`));
  return Promise.all([
    resolves(netns, 'net1', '10.20.100.12'),
    resolves(netns, 'net1.200', '10.20.200.12'),
    resolves(netns, 'net1.201', '10.20.201.12'),
  ]);
}

/** The VLANs with a static FDB entry of the own address, ascending. */
async function staticVids(port: string): Promise<number[]> {
  type Entry = { readonly mac: string; readonly vlan?: number; readonly state?: string };
  const entries = await bridgeJson<Entry>(node, 'fdb', 'show', 'brport', port);
  const own = entries.filter(({ mac, state }) => mac === OWN && state === 'static');
  return own.flatMap(({ vlan }) => vlan ?? []).sort((a, b) => a - b);
}
