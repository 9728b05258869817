import { beforeEach, expect, test } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { linkAddresses } from '../../helpers/links.ts';
import { createNetns, exec, ip, ipJson, type Netns } from '../../helpers/netns.ts';
import { add, createPod, networkConf, type Pod, refusal, staticIpam } from '../../helpers/pod.ts';
import { pings } from '../../helpers/traffic.ts';

let node: Netns;
let pod: Pod;

beforeEach(async () => {
  node = await createNetns('node');
  pod = await createPod(node);
  await ip(node, 'link add vlanbr0 address 02:00:00:00:00:99 up type bridge mcast_snooping 0');
});

test('enabledad waits until the kernel has probed the addresses, which are usable when ADD returns', async () => {
  const peer = await createPod(node);
  const conf = (keys: object, ...addresses: readonly string[]) =>
    networkConf({ ...keys, ipam: staticIpam(addresses) });
  await add(peer, conf({}, 'fd00:20::12/64'));
  await add(pod, conf({ enabledad: true }, '10.20.1.11/24', 'fd00:20::11/64', 'fd00:21::11/64'));
  const shown = await ipJson(
    pod.netns,
    '-6',
    'address',
    'show',
    'dev',
    'net1',
    'scope',
    'global',
    'tentative',
  );
  expect(shown).toEqual([]);
  expect(await linkAddresses(pod.netns, 'net1')).toEqual([
    '10.20.1.11/24',
    'fd00:21::11/64',
    'fd00:20::11/64',
  ]);
  const settings = ['accept_dad', 'enhanced_dad'].map((name) => `net.ipv6.conf.net1.${name}`);
  expect(await exec(pod.netns, 'sysctl', ['-n', ...settings])).toBe('1\n1');
  expect(await pings(pod.netns, 'fd00:20::12')).toBe(true);
});

test('enabledad refuses an address that another machine has, and rolls back', async () => {
  const holder = await createPod(node);
  await add(holder, networkConf({ ipam: staticIpam(['fd00:20::11/64']) }));
  const before = await Promise.all([kernelState(node), kernelState(pod.netns)]);
  const conf = networkConf({
    enabledad: true,
    ipam: staticIpam(['10.20.1.11/24', 'fd00:20::12/64', 'fd00:20::11/64']),
  });
  expect(await refusal('ADD', pod, conf)).toEqual({
    cniVersion: '1.0.0',
    code: 104,
    msg: 'address "fd00:20::11/64" of link "net1" is in use by another machine (duplicate address detection)',
  });
  expect(await Promise.all([kernelState(node), kernelState(pod.netns)])).toEqual(before);
  await add(pod, networkConf({ ipam: staticIpam(['fd00:20::12/64']) }));
});

test('enabledad does not wait for a pod that has only IPv4', async () => {
  await exec(pod.netns, 'sysctl', ['-q', '-w', 'net.ipv6.conf.default.disable_ipv6=1']);
  await add(pod, networkConf({ enabledad: true, ipam: staticIpam(['10.20.1.11/24']) }));
  expect(await linkAddresses(pod.netns, 'net1')).toEqual(['10.20.1.11/24']);
});

test('sends no probe without enabledad', async () => {
  const holder = await createPod(node);
  const conf = networkConf({ ipam: staticIpam(['fd00:20::11/64']) });
  await add(holder, conf);
  await add(pod, conf);
  expect(await linkAddresses(pod.netns, 'net1')).toEqual(['fd00:20::11/64']);
});
