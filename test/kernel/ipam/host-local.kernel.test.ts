import { readdirSync, rmSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { createNetns, ip, type Netns } from '../../helpers/netns.ts';
import { add, check, createPod, del, networkConf, type Pod, refusal } from '../../helpers/pod.ts';
import { temporaryDirectory } from '../../helpers/temporary.ts';

const debian = { path: '/usr/lib/cni' };
let node: Netns;
let pod: Pod;
let dataDir: string;
let hostLocal: ReturnType<typeof networkConf>;

beforeEach(async () => {
  node = await createNetns('node');
  pod = await createPod(node);
  dataDir = temporaryDirectory();
  const range = { subnet: '10.20.1.0/24', rangeStart: '10.20.1.11', rangeEnd: '10.20.1.11' };
  const routes = [{ dst: '0.0.0.0/0' }];
  hostLocal = networkConf({ ipam: { type: 'host-local', ranges: [[range]], routes, dataDir } });
});

/** The addresses that host-local has allocated. */
function leases(): string[] {
  return readdirSync(`${dataDir}/blue`).filter((name) => /^\d+\./.test(name));
}

test('host-local allocates the only address of its range once, until DEL releases it', async () => {
  const result = await add(pod, hostLocal, debian);
  expect(result.ips).toEqual([{ address: '10.20.1.11/24', gateway: '10.20.1.1', interface: 2 }]);
  expect(result.routes).toEqual([{ dst: '0.0.0.0/0', gw: '10.20.1.1' }]);
  await check(pod, hostLocal, result, debian);
  const other = await createPod(node);
  expect(await refusal('ADD', other, hostLocal, debian)).toMatchObject({
    code: 999,
    msg: expect.stringContaining('no IP addresses available in range set'),
  });
  expect(leases()).toEqual(['10.20.1.11']);
  await del(pod, hostLocal, debian);
  expect(leases()).toEqual([]);
  await add(other, hostLocal, debian);
});

test('host-local releases the address of an ADD that fails later', async () => {
  await ip(node, 'link add vlanbr0 type bridge', 'address add 10.20.1.5/24 dev vlanbr0');
  const conflicting = { ...hostLocal, isGateway: true };
  expect(await refusal('ADD', pod, conflicting, debian)).toMatchObject({ code: 101 });
  expect(leases()).toEqual([]);
});

test('host-local makes CHECK fail when its allocation is lost', async () => {
  const prevResult = await add(pod, hostLocal, debian);
  rmSync(`${dataDir}/blue/10.20.1.11`);
  const error = await refusal('CHECK', pod, { ...hostLocal, prevResult }, debian);
  expect(error).toMatchObject({ code: 999, msg: expect.stringContaining('host-local') });
});
