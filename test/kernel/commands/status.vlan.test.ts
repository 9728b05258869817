import { beforeAll, describe, expect, test } from 'vitest';
import { createNetns, fileCleanup, ip, type Netns } from '../../helpers/netns.ts';
import { call, NO_ATTACHMENT, networkConf, refusal, staticIpam } from '../../helpers/pod.ts';
import { folderWithProgram, withoutPrograms } from '../../helpers/programs.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';

requireVlanFiltering();
const cleanup = fileCleanup();
let node: Netns;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
  await ip(
    node,
    'link add filtering0 type bridge vlan_filtering 1',
    'link add closed0 type bridge vlan_filtering 1 vlan_default_pvid 0',
    'link add flat0 type bridge',
    'link add pair0 type veth peer name pair1',
  );
});

const masquerading = { ipMasq: true, ipam: staticIpam(['10.20.1.11/24']) };

describe('STATUS succeeds', () => {
  test.each([
    ['with a bridge that does not exist yet', { bridge: 'new0', vlan: 100 }],
    ['with a bridge that filters VLANs', { bridge: 'filtering0', vlan: 100 }],
    [
      'with a bridge that does not filter VLANs, but may be changed',
      { bridge: 'flat0', vlan: 100, vlanFiltering: 'enable' },
    ],
    ['with a bridge that does not filter VLANs, for a network without VLANs', { bridge: 'flat0' }],
    ['with static IPAM and a masquerade backend', { bridge: 'flat0', ...masquerading }],
  ])('%s', async (_case, keys) => {
    const output = await status(keys);
    expect(output).toEqual({ exitCode: 0, stdout: '', stderr: '', json: undefined });
  });

  test.each([
    ['answers', 'exit 0'],
    ['does not support STATUS', `echo '{"code": 4, "msg": "unknown CNI_COMMAND: STATUS"}'; exit 1`],
  ])('with an IPAM plugin that %s', async (_case, lines) => {
    const path = folderWithProgram('fake-ipam', lines);
    const output = await status({ bridge: 'flat0', ipam: { type: 'fake-ipam' } }, { path });
    expect(output).toEqual({ exitCode: 0, stdout: '', stderr: '', json: undefined });
  });
});

describe('STATUS fails and names the reason', () => {
  test.each([
    [
      'a link that is not a bridge',
      { bridge: 'pair0' },
      '"pair0" is not a bridge (it is a veth link); name another bridge in "bridge"',
    ],
    [
      'a bridge that does not filter VLANs',
      { bridge: 'flat0', vlan: 100 },
      'bridge "flat0" does not filter VLANs; run "ip link set flat0 type bridge vlan_filtering 1", or set "vlanFiltering": "enable"',
    ],
    [
      'a bridge that drops the frames of a port without VLANs',
      { bridge: 'closed0' },
      'bridge "closed0" filters VLANs and gives new ports none, so this port would carry no frame; set "vlan" or "vlanTrunk"',
    ],
    [
      'a missing IPAM plugin',
      { bridge: 'flat0', ipam: { type: 'no-such-ipam' } },
      'cannot find plugin "no-such-ipam": it is not in CNI_PATH "/opt/none"',
    ],
  ])('%s', async (_case, keys, msg) => {
    expect(await statusRefusal(keys, { path: '/opt/none' })).toEqual({ cniVersion: '1.1.0', code: 50, msg });
  });

  test('every problem at once', async () => {
    const by = withoutPrograms('/usr/sbin/nft', '/usr/sbin/iptables');
    const keys = { bridge: 'pair0', vlan: 100, ipMasq: true, ipam: { type: 'no-such-ipam' } };
    const { code, msg } = await statusRefusal(keys, { env: { CNI_PATH: undefined }, by });
    expect({ code, reasons: msg.split('; ') }).toEqual({
      code: 50,
      reasons: [
        '"pair0" is not a bridge (it is a veth link)',
        'name another bridge in "bridge"',
        'cannot find plugin "no-such-ipam": CNI_PATH is empty',
        expect.stringMatching(/^ipMasq: the host has neither "nft" nor "iptables" in \/usr\/sbin:/),
      ],
    });
  });

  test('the error of the IPAM plugin', async () => {
    const lines = `echo '{"code": 51, "msg": "the pool is dry", "details": "quite"}'; exit 1`;
    const path = folderWithProgram('fake-ipam', lines);
    expect(await statusRefusal({ bridge: 'flat0', ipam: { type: 'fake-ipam' } }, { path })).toEqual({
      cniVersion: '1.1.0',
      code: 51,
      msg: 'the pool is dry',
      details: 'quite',
    });
  });
});

test('STATUS refuses an invalid configuration, and versions before 1.1.0', async () => {
  expect(await statusRefusal({ vlan: 9999 })).toMatchObject({
    code: 7,
    msg: 'invalid network configuration: vlan: 9999: must be a whole number from 0 to 4094',
  });
  expect(await statusRefusal({ cniVersion: '1.0.0' })).toMatchObject({ code: 1 });
});

type More = Parameters<typeof call>[3];

function callOf(keys: object, more: More): Parameters<typeof call> {
  const env = { ...NO_ATTACHMENT, ...more?.env };
  const config = networkConf({ cniVersion: '1.1.0', ...keys });
  return ['STATUS', { node, netns: node, containerId: '' }, config, { ...more, env }];
}

function status(keys: object, more: More = {}) {
  return call(...callOf(keys, more));
}

function statusRefusal(keys: object, more: More = {}) {
  return refusal(...callOf(keys, more));
}
