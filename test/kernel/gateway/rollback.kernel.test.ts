import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { linkAddresses, linkNames } from '../../helpers/links.ts';
import { createNetns, ip, type Netns } from '../../helpers/netns.ts';
import { add, createPod, del, networkConf, type Pod, refusal, staticIpam } from '../../helpers/pod.ts';
import { folderWithProgram } from '../../helpers/programs.ts';
import { pings } from '../../helpers/traffic.ts';

const gateway = (addresses: readonly string[], more: object = {}, ipam: object = {}) =>
  networkConf({ isGateway: true, ipam: staticIpam(addresses, ipam), ...more });

let node: Netns;
let pod: Pod;

beforeEach(async () => {
  node = await createNetns('node');
  pod = await createPod(node);
});

test('a failed ADD removes its gateway address', async () => {
  await ip(node, 'link add vlanbr0 address 02:00:00:00:00:99 up type bridge');
  const before = await states();
  const unreachable = { routes: [{ dst: '10.99.0.0/16', gw: '172.16.0.1' }] };
  await refusal('ADD', pod, gateway(['10.20.1.11/24', 'fd00:20::11/64'], {}, unreachable));
  expect(await states()).toEqual(before);
});

test('a failed ADD keeps a gateway address that another pod uses meanwhile', async () => {
  const other = await createPod(node);
  const failing = slowlyFailing();
  const failed = refusal('ADD', pod, gateway(['10.20.1.11/24'], { ipMasq: true }), failing.more);
  await vi.waitFor(() => expect(failing.hasBegun()).toBe(true), { timeout: 30_000 });
  await add(other, gateway(['10.20.1.12/24']));
  failing.goOn();
  expect(await failed).toMatchObject({
    code: 999,
    msg: expect.stringContaining('failed with exit code 9'),
  });
  expect(await linkAddresses(node, 'vlanbr0')).toEqual(['10.20.1.1/24']);
  expect(await pings(other.netns, '10.20.1.1')).toBe(true);
  expect(await linkNames(pod.netns)).toEqual([]);
});

test('ADD and DEL do not change a bridge that already has the gateway address', async () => {
  const first = await createPod(node);
  await add(first, gateway(['10.20.1.12/24', 'fd00:20::12/64']));
  await del(first, gateway(['10.20.1.11/24']));
  const before = await states();
  const both = gateway(['10.20.1.11/24', 'fd00:20::11/64'], { isDefaultGateway: true });
  await add(pod, both);
  await del(pod, both);
  expect(await states()).toEqual(before);
});

/** A masquerade backend that waits for a file and then fails. ADD runs it after it has set up the gateway. */
function slowlyFailing() {
  const lines = 'cd "$(dirname "$0")"; case "$*" in *list*) echo "{\\"nftables\\": []}"; exit;; esac';
  const wait = ': > begun; for i in $(seq 600); do [ -e go-on ] && exit 9; sleep 0.1; done';
  const folder = folderWithProgram('nft', `${lines}\n${wait}`);
  return {
    more: { env: { PATH: folder } },
    hasBegun: () => existsSync(join(folder, 'begun')),
    goOn: () => writeFileSync(join(folder, 'go-on'), ''),
  };
}

function states() {
  return Promise.all([kernelState(node), kernelState(pod.netns)]);
}
