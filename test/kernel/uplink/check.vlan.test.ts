import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { portVlans, showLink } from '../../helpers/links.ts';
import { exec, fileCleanup, ip, type Netns } from '../../helpers/netns.ts';
import { type AddResult, add, call, check, createPod, type Pod, refusal } from '../../helpers/pod.ts';
import { requireVlanFiltering } from '../../helpers/require-kernel.ts';
import { createTrunk, trunkConf } from '../../helpers/trunk.ts';

requireVlanFiltering();
const cleanup = fileCleanup();
const TAKEN =
  'VLAN device "trunk0.100" takes the frames of VLAN 100 from "trunk0" before the bridge sees them; delete it with "ip link del trunk0.100"';

describe('with an uplink in use', () => {
  let node: Netns;
  let wire: Netns;
  let pod: Pod;
  let result: AddResult;
  const conf = trunkConf(100, { cniVersion: '1.1.0' });

  beforeAll(async () => {
    ({ node, wire } = await createTrunk({ cleanup }));
    pod = await createPod(node, cleanup);
    result = await add(pod, conf);
  });

  test('CHECK and STATUS succeed while the uplink works', async () => {
    await check(pod, conf, result);
    expect(await call('STATUS', pod, conf)).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });

  test.each<readonly [string, (() => Promise<void>)[], string]>([
    [
      'the uplink is not in the bridge',
      [() => ip(node, 'link set trunk0 nomaster'), rejoin],
      'uplink "trunk0" is not a port of bridge "vlanbr0"',
    ],
    [
      'the uplink is not on the VLAN',
      [() => bridgeVlan('del dev trunk0 vid 100'), () => bridgeVlan('add dev trunk0 vid 100')],
      'uplink "trunk0" is not on VLAN 100',
    ],
    [
      'the bridge does not filter VLANs',
      [
        () => ip(node, 'link set vlanbr0 type bridge vlan_filtering 0'),
        () => ip(node, 'link set vlanbr0 type bridge vlan_filtering 1'),
      ],
      'bridge "vlanbr0" does not filter VLANs',
    ],
    [
      'its MTU is smaller than the one of the pod',
      [() => ip(node, 'link set trunk0 mtu 1400'), () => ip(node, 'link set trunk0 mtu 1500')],
      'uplink "trunk0" has MTU 1400, less than the 1500 of port "HOST"',
    ],
    [
      'it has no carrier',
      [() => ip(wire, 'link set port0 down'), () => ip(wire, 'link set port0 up')],
      'uplink "trunk0" has no carrier',
    ],
    [
      'it is down',
      [() => ip(node, 'link set trunk0 down'), () => ip(node, 'link set trunk0 up')],
      'uplink "trunk0" is down',
    ],
    [
      'a VLAN device takes the frames',
      [
        () => ip(node, 'link add link trunk0 name trunk0.100 type vlan id 100'),
        () => ip(node, 'link del trunk0.100'),
      ],
      TAKEN,
    ],
    [
      'it has another name',
      [
        () => ip(node, 'link set trunk0 down', 'link set trunk0 name old0'),
        () => ip(node, 'link set old0 name trunk0', 'link set trunk0 up'),
      ],
      'uplink "trunk0" does not exist',
    ],
  ])('CHECK says that %s', async (_finding, [breakIt = noop, mend = noop], msg) => {
    await breakIt();
    onTestFinished(mend);
    expect(await refusal('CHECK', pod, { ...conf, prevResult: result })).toMatchObject({
      code: 103,
      msg: msg.replace('HOST', result.interfaces[1].name),
    });
  });

  async function rejoin(): Promise<void> {
    await ip(node, 'link set trunk0 master vlanbr0');
    await bridgeVlan('add dev trunk0 vid 100');
  }

  async function bridgeVlan(words: string): Promise<void> {
    await exec(node, 'bridge', ['vlan', ...words.split(' ')]);
  }
});

test('ADD works without carrier, and STATUS reports it', async () => {
  const { node, wire } = await createTrunk();
  await ip(wire, 'link set port0 down');
  const pod = await createPod(node);
  const conf = trunkConf(100, { cniVersion: '1.1.0' });
  expect(await call('STATUS', pod, conf)).toMatchObject({ exitCode: 0 });
  await add(pod, conf);
  expect(await showLink(node, 'trunk0')).toMatchObject({ flags: expect.arrayContaining(['NO-CARRIER']) });
  expect(await portVlans(node, 'trunk0')).toEqual(['100']);
  expect(await refusal('STATUS', pod, conf)).toMatchObject({
    code: 50,
    msg: 'uplink "trunk0" has no carrier',
  });
});

async function noop(): Promise<void> {}
