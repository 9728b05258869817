import { expect, test } from 'vitest';
import type { ShownLink } from '../../helpers/links.ts';
import { exec, ip, ipJson, type Netns } from '../../helpers/netns.ts';
import { add, call, createPod, del, networkConf, type Pod, staticIpam } from '../../helpers/pod.ts';
import { createNode, keptFiles } from '../../helpers/trunk.ts';

const COUNT = 200;
const BRIDGE = 'plain0';

test(`${COUNT} ADDs at once on one bridge all succeed, and ${COUNT} DELs at once leave only the bridge`, async () => {
  const node = await createNode();
  await ip(node, `link add ${BRIDGE} up type bridge`);
  const pods = await Promise.all(Array.from({ length: COUNT }, () => createPod(node)));

  const results = await Promise.all(pods.map((pod, index) => add(pod, confOf(index))));

  const shown = await Promise.all(pods.map(addressesOf));
  expect(shown).toEqual(pods.map((_pod, index) => [addressOf(index)]));
  const ports = await portsOf(node);
  expect(ports.map(({ ifname }) => ifname).sort()).toEqual(
    results.map(({ interfaces }) => interfaces[1].name).sort(),
  );
  expect(new Set(ports.map(({ master }) => master))).toEqual(new Set([BRIDGE]));
  expect(ports.map(({ ifalias }) => ifalias).sort()).toEqual(
    pods.map(({ containerId }) => `vlan-bridge: net1 of container ${containerId}, network blue`).sort(),
  );
  expect(new Set(ports.map(({ linkinfo }) => linkinfo?.info_slave_data?.state))).toEqual(
    new Set(['forwarding']),
  );
  expect(keptFiles(node)).toEqual([]);

  await Promise.all(pods.map((pod, index) => del(pod, confOf(index))));

  expect(await portsOf(node)).toEqual([]);
  expect(await Promise.all(pods.map(addressesOf))).toEqual(pods.map(() => []));
  expect(keptFiles(node)).toEqual([]);
});

test.each(['nftables', 'iptables'])(
  'concurrent DELs and GCs of one attachment with rules of %s all succeed',
  async (ipMasqBackend) => {
    const node = await createNode();
    await ip(node, `link add ${BRIDGE} up type bridge`);
    const pod = await createPod(node);
    const keys = { cniVersion: '1.1.0', ipMasq: true, ipMasqBackend, 'cni.dev/valid-attachments': [] };
    const ipam = staticIpam(['10.20.1.11/24', 'fd00:20::11/64']);
    const conf = networkConf({ bridge: BRIDGE, ipam, ...keys });
    for (let round = 0; round < 3; round += 1) {
      await add(pod, conf);
      const outputs = ['DEL', 'GC', 'DEL', 'GC'].map((verb) => call(verb, pod, conf));
      const success = { exitCode: 0, stdout: '', stderr: '', json: undefined };
      expect(await Promise.all(outputs)).toEqual(outputs.map(() => success));
      expect(await exec(node, 'nft', ['list', 'ruleset'])).not.toMatch(/10\.20\.1\.11|fd00:20::11/);
      expect(await portsOf(node)).toEqual([]);
      expect(keptFiles(node)).toEqual([]);
    }
  },
);

function addressOf(index: number): string {
  return `10.20.${1 + Math.floor(index / 100)}.${1 + (index % 100)}/16`;
}

function confOf(index: number) {
  return networkConf({ bridge: BRIDGE, ipam: staticIpam([addressOf(index)]) });
}

/** The addresses in the pod, on any link. */
async function addressesOf({ netns }: Pod): Promise<string[]> {
  type Shown = { readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[] };
  const links = await ipJson<Shown>(netns, '-4', 'address');
  return links.flatMap(({ addr_info }) => addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`));
}

/** The links of the node except its loopback and the bridge. */
async function portsOf(node: Netns): Promise<ShownLink[]> {
  const links = await ipJson<ShownLink>(node, '-d', 'link');
  return links.filter(({ ifname }) => ifname !== 'lo' && ifname !== BRIDGE);
}
