import { beforeEach, describe, expect, test } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { linkAddresses } from '../../helpers/links.ts';
import { createNetns, ip, ipJson, type Netns } from '../../helpers/netns.ts';
import { add, check, createPod, del, networkConf, type Pod, refusal, staticIpam } from '../../helpers/pod.ts';

const MANY = 1000;
const ADDRESSES = 60;
let node: Netns;
let pod: Pod;

beforeEach(async () => {
  node = await createNetns('node');
  await ip(node, 'link add plain0 up type bridge');
  pod = await createPod(node);
});

test(`one ADD gives a pod ${ADDRESSES} addresses and ${MANY} routes, and CHECK verifies all`, async () => {
  const addresses = [
    ...numbers(ADDRESSES / 2).map((n) => `10.20.${n}.11/24`),
    ...numbers(ADDRESSES / 2).map((n) => `fd00:20:${n + 1}::11/64`),
  ];
  const routes = numbers(MANY).map((n) => ({
    dst: `172.${16 + Math.floor(n / 250)}.${n % 250}.0/24`,
    gw: '10.20.0.1',
  }));
  const conf = networkConf({ bridge: 'plain0', ipam: staticIpam(addresses, { routes }) });
  const result = await add(pod, conf);
  expect(result.ips?.map(({ address }) => address)).toEqual(addresses);
  expect((await linkAddresses(pod.netns, 'net1')).sort()).toEqual(addresses.sort());
  expect(await routesTo(pod.netns, '172.16.0.0/12')).toEqual(routes.map(({ dst }) => dst).sort());
  await check(pod, conf, result);
  const [{ dst = '' } = {}] = routes.slice(-1);
  await ip(pod.netns, `route del ${dst}`);
  expect(await refusal('CHECK', pod, { ...conf, prevResult: result })).toMatchObject({
    code: 103,
    msg: expect.stringContaining(dst),
  });
  await del(pod, conf);
});

test(`ADD, CHECK and DEL of a pod with ${MANY} addresses and ${MANY} routes on other links keep them`, async () => {
  await ip(
    pod.netns,
    'link add other0 up type bridge',
    ...numbers(MANY).map((n) => `address add 192.168.${Math.floor(n / 250)}.${n % 250}/32 dev other0`),
    ...numbers(MANY).map((n) => `route add 172.${16 + Math.floor(n / 250)}.${n % 250}.0/24 dev other0`),
  );
  const before = await kernelState(pod.netns);
  const routes = [{ dst: '10.99.0.0/16', gw: '10.20.1.1' }];
  const conf = networkConf({ bridge: 'plain0', ipam: staticIpam(['10.20.1.11/24'], { routes }) });
  const result = await add(pod, conf);
  await check(pod, conf, result);
  await del(pod, conf);
  expect(await kernelState(pod.netns)).toEqual(before);
});

describe('a list of all VLANs', () => {
  const all = numbers(4094).map((n) => ({ id: n + 1 }));

  test.each([
    ['one by one', all],
    ['one by one, in the wrong order, and each twice', [...all, ...all].reverse()],
    ['as ranges of one', all.map(({ id }) => ({ minID: id, maxID: id }))],
  ])('%s is read, and ADD fails only because the bridge does not filter', async (_case, vlanTrunk) => {
    const before = await Promise.all([kernelState(node), kernelState(pod.netns)]);
    const { code, msg } = await refusal('ADD', pod, networkConf({ bridge: 'plain0', vlanTrunk }));
    expect([code, msg]).toEqual([101, expect.stringMatching(/filter VLANs/)]);
    expect(await Promise.all([kernelState(node), kernelState(pod.netns)])).toEqual(before);
  });

  test('with one invalid entry is refused, and the error names the index', async () => {
    const vlanTrunk = [...all, { id: 4095 }];
    expect(await refusal('ADD', pod, networkConf({ bridge: 'plain0', vlanTrunk }))).toMatchObject({
      code: 7,
      msg: expect.stringMatching(/: vlanTrunk\[4094\]\.id: 4095: [^;]*$/),
    });
  });
});

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** The destinations of the pod's routes within the prefix. */
async function routesTo(netns: Netns, prefix: string): Promise<string[]> {
  const routes = await ipJson<{ readonly dst: string }>(netns, 'route', 'show', 'root', prefix);
  return routes.map(({ dst }) => dst).sort();
}
