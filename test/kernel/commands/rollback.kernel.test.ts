import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { linkNames } from '../../helpers/links.ts';
import { createNetns, exec, ip, type Netns } from '../../helpers/netns.ts';
import { add, createPod, networkConf, type Pod, refusal, staticIpam } from '../../helpers/pod.ts';
import { folderWithProgram } from '../../helpers/programs.ts';

/** ADD fails at its last step: the kernel refuses a route whose gateway is on no subnet of the pod. */
const unreachable = { routes: [{ dst: '10.99.0.0/16', gw: '172.16.0.1' }] };
const failing = networkConf({ ipam: staticIpam(['10.20.1.11/24', 'fd00:20::11/64'], unreachable) });
const working = networkConf({ ipam: staticIpam(['10.20.1.12/24']) });
const failure = {
  cniVersion: '1.0.0',
  code: 100,
  msg: expect.stringMatching(/^add route "10\.99\.0\.0\/16 via 172\.16\.0\.1" to link "net1": ENETUNREACH/),
};

let node: Netns;
let pod: Pod;

beforeEach(async () => {
  node = await createNetns('node');
  pod = await createPod(node);
});

describe('an ADD that fails at its last step changes nothing', () => {
  test.each([
    ['on a node without the bridge', []],
    ['on a bridge without ports', ['link add vlanbr0 address 02:00:00:00:00:99 up type bridge']],
    ['on a bridge that is down', ['link add vlanbr0 address 02:00:00:00:00:99 type bridge']],
    [
      'on a bridge with a port, whose MTU and address the bridge follows',
      [
        'link add vlanbr0 up type bridge',
        'link add port0 mtu 1400 up master vlanbr0 type veth peer name peer0',
      ],
    ],
  ])('%s', async (_case, lines) => {
    await ip(node, ...lines);
    const before = await states();
    expect(await refusal('ADD', pod, failing)).toEqual(failure);
    expect(await states()).toEqual(before);
  });

  test('in a pod where IPv6 is disabled', async () => {
    await exec(pod.netns, 'sysctl', ['-q', '-w', 'net.ipv6.conf.lo.disable_ipv6=1']);
    await ip(pod.netns, 'link set lo up');
    const before = await states();
    expect(await refusal('ADD', pod, failing)).toEqual(failure);
    expect(await states()).toEqual(before);
    expect(await exec(pod.netns, 'sysctl', ['-n', 'net.ipv6.conf.lo.disable_ipv6'])).toBe('1');
  });

  test('and the next ADD succeeds', async () => {
    await refusal('ADD', pod, failing);
    await add(pod, working);
  });

  test('on the bridge of an attached pod', async () => {
    const other = await createPod(node);
    await add(other, working);
    const before = await states();
    expect(await refusal('ADD', pod, failing)).toEqual(failure);
    expect(await states()).toEqual(before);
  });
});

/** An IPAM plugin that waits for a file, at most half a minute, and then fails. */
const HESITANT = `
[ "$CNI_COMMAND" = ADD ] || exit 0
for i in $(/usr/bin/seq 600); do [ -e "$GO" ] && break; /bin/sleep 0.05; done
echo '{"code": 11, "msg": "no address left"}'
exit 1`;

test('an ADD that fails keeps the bridge that it created when another pod uses it meanwhile', async () => {
  const other = await createPod(node);
  const path = folderWithProgram('hesitant', HESITANT);
  const go = join(path, 'go');
  const conf = networkConf({ ipam: { type: 'hesitant' } });
  const failed = refusal('ADD', pod, conf, { path, env: { GO: go } });
  await vi.waitFor(async () => expect(await linkNames(node)).toHaveLength(2), { timeout: 20_000 });
  await add(other, working);
  writeFileSync(go, '');
  expect(await failed).toMatchObject({ code: 11, msg: 'no address left' });
  expect(await linkNames(node)).toEqual([expect.stringMatching(/^veth/), 'vlanbr0']);
});

/** The state of both namespaces. */
function states() {
  return Promise.all([kernelState(node), kernelState(pod.netns)]);
}
