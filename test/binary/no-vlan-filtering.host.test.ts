import { beforeAll, describe, expect, test } from 'vitest';
import { kernelState } from '../helpers/kernel-state.ts';
import { createNetns, fileCleanup, ip, ipJson, type Netns } from '../helpers/netns.ts';
import { runPlugin } from '../helpers/run-plugin.ts';

/** Needs a kernel built without CONFIG_BRIDGE_VLAN_FILTERING. */

const config = {
  cniVersion: '1.0.0',
  name: 'vlan-100',
  type: 'vlan-bridge',
  bridge: 'vlanbr0',
  ipam: { type: 'static', addresses: [{ address: '10.20.1.11/24' }] },
};

const cleanup = fileCleanup();
let node: Netns;
let pod: Netns;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
  pod = await createNetns('pod', cleanup);
  await ip(node, 'link add plain0 type bridge');
});

describe('on a kernel that cannot filter VLANs', () => {
  test.each([
    ['vlan on a new bridge', { vlan: 100 }, 'create bridge "vlanbr0": EOPNOTSUPP (operation not supported)'],
    [
      'vlanTrunk on a new bridge',
      { vlanTrunk: [{ id: 100 }] },
      'create bridge "vlanbr0": EOPNOTSUPP (operation not supported)',
    ],
    ['vlan on an existing bridge', { bridge: 'plain0', vlan: 100 }, undefined],
    [
      'vlan on an existing bridge that it may change',
      { bridge: 'plain0', vlan: 100, vlanFiltering: 'enable' },
      undefined,
    ],
  ])('refuses %s and changes nothing', async (_what, different, details) => {
    const before = [await kernelState(node), await kernelState(pod)];
    const { json, stderr, exitCode } = await runPlugin({
      verb: 'ADD',
      node: node.name,
      netns: pod.path,
      config: { ...config, ...different },
    });
    expect({ json, stderr, exitCode }).toEqual({
      json: {
        cniVersion: '1.0.0',
        code: 101,
        msg: 'this kernel cannot filter VLANs (CONFIG_BRIDGE_VLAN_FILTERING is not set), so the VLAN would not be kept apart',
        details,
      },
      stderr: '',
      exitCode: 1,
    });
    expect([await kernelState(node), await kernelState(pod)]).toEqual(before);
  });

  test('attaches a pod without VLANs to a bridge', async () => {
    const { stderr, exitCode } = await runPlugin({ verb: 'ADD', node: node.name, netns: pod.path, config });
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    const [link] = await ipJson<{ addr_info: unknown }>(pod, '-4', 'address', 'show', 'dev', 'net1');
    expect(link?.addr_info).toEqual([expect.objectContaining({ local: '10.20.1.11', prefixlen: 24 })]);
  });
});
