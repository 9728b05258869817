import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { createNetns, deleteNetns, exec, fileCleanup, ip, type Netns } from '../../helpers/netns.ts';
import {
  add,
  call,
  check,
  createPod,
  del,
  networkConf,
  type Pod,
  refusal,
  staticIpam,
} from '../../helpers/pod.ts';
import { folderWithProgram, withoutPrograms } from '../../helpers/programs.ts';
import { capture, pings } from '../../helpers/traffic.ts';
import { countLinksMade } from '../links-made.ts';

const NFT = '/usr/sbin/nft';
// The paths are symlinks: all iptables tools are one program.
const IPTABLES = '/usr/sbin/iptables';
const BACKENDS = ['nftables', 'iptables'] as const;
const INTERNET = ['198.51.100.2', '2001:db8:51::2'];
/** An address in the pods' subnet that is on the other side of the host. */
const INSIDE = '10.20.1.200';

const cleanup = fileCleanup();
let node: Netns;
let internet: Netns;
let pod: Pod;
const residents: { readonly containerID: string; readonly ifname: string }[] = [];

beforeAll(async () => {
  [node, internet] = await Promise.all([createNetns('node', cleanup), createNetns('internet', cleanup)]);
  await ip(
    node,
    `link add up0 type veth peer name net0 netns ${internet.name}`,
    'address add 198.51.100.1/24 dev up0',
    'address add 2001:db8:51::1/64 dev up0 nodad',
    'link set up0 up',
    `route add ${INSIDE}/32 via 198.51.100.2`,
  );
  await ip(
    internet,
    'address add 198.51.100.2/24 dev net0',
    'address add 2001:db8:51::2/64 dev net0 nodad',
    'link set net0 up',
    `address add ${INSIDE}/32 dev lo`,
    // Replies to the pods' own addresses are routed back too, so only the source address shows whether the host masquerades.
    'route add 10.20.0.0/16 via 198.51.100.1',
  );
  // Pods with masquerade rules for the whole file: the tables exist, and no test may change these rules.
  for (const [index, ipMasqBackend] of BACKENDS.entries()) {
    const resident = await createPod(node, cleanup);
    residents.push({ containerID: resident.containerId, ifname: 'net1' });
    await add(
      resident,
      masquerading([`10.20.1.${240 + index}/24`, `fd00:20::${240 + index}/64`], { ipMasqBackend }),
    );
  }
});

beforeEach(async () => {
  pod = await createPod(node);
});

describe.each(BACKENDS)('ipMasq by %s', (ipMasqBackend) => {
  const conf = masquerading(['10.20.1.11/24', 'fd00:20::11/64'], { ipMasqBackend });

  test("hides the pod behind the host's address outside of its subnet, until DEL", async () => {
    const before = await states();
    const result = await add(pod, conf);
    const seen = await capture(internet, 'net0', 'icmp or icmp6');
    expect(await Promise.all([...INTERNET, INSIDE].map((address) => pings(pod.netns, address)))).toEqual([
      true,
      true,
      true,
    ]);
    await seen.until(/ 198\.51\.100\.1 > 198\.51\.100\.2: ICMP echo request/);
    await seen.until(/ 2001:db8:51::1 > 2001:db8:51::2: ICMP6, echo request/);
    await seen.until(/ 10\.20\.1\.11 > 10\.20\.1\.200: ICMP echo request/);
    await check(pod, conf, result);
    await del(pod, conf);
    expect(await states()).toEqual(before);
  });

  test('keeps two attachments of one network in one pod apart', async () => {
    const second = masquerading(['10.20.2.11/24'], { ipMasqBackend });
    await add(pod, conf);
    const prevResult = await add(pod, second, { ifname: 'net2' });
    await del(pod, conf);
    await check(pod, second, prevResult, { ifname: 'net2' });
    const seen = await capture(internet, 'net0', 'icmp');
    await ip(pod.netns, 'route replace 198.51.100.0/24 via 10.20.2.1');
    expect(await pings(pod.netns, '198.51.100.2')).toBe(true);
    await seen.until(/ 198\.51\.100\.1 > 198\.51\.100\.2: ICMP echo request/);
    await del(pod, second, { ifname: 'net2' });
    expect(await shownRules()).toEqual([]);
  });

  test('ends with a DEL that has only the name of the network and no network namespace, and DEL can be repeated', async () => {
    const before = await kernelState(node);
    await add(pod, conf);
    await deleteNetns(pod.netns);
    const { cniVersion, name, type } = conf;
    await del(pod, { cniVersion, name, type }, { env: { CNI_NETNS: undefined } });
    await del(pod, { cniVersion, name, type }, { env: { CNI_NETNS: undefined } });
    expect(await kernelState(node)).toEqual(before);
  });

  test('ends with GC', async () => {
    const before = await kernelState(node);
    await add(pod, masquerading(['10.20.1.11/24'], { ipMasqBackend, name: 'red' }));
    const keys = { cniVersion: '1.1.0', name: 'red', 'cni.dev/valid-attachments': [] };
    const output = await call('GC', pod, networkConf(keys));
    expect(output).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect(await kernelState(node)).toEqual(before);
  });

  test('makes CHECK fail when its rules are removed', async () => {
    const prevResult = await add(pod, conf);
    await removeRules(ipMasqBackend);
    expect(await refusal('CHECK', pod, { ...conf, prevResult })).toEqual({
      cniVersion: '1.0.0',
      code: 103,
      msg: `there are no masquerade rules in ${ipMasqBackend}`,
    });
    await del(pod, conf);
  });
});

describe('ipMasq', () => {
  const conf = masquerading(['10.20.1.11/24']);

  test.each([
    ['neither nft nor iptables is', undefined, [NFT, IPTABLES], 'neither "nft" nor "iptables"'],
    ['ipMasqBackend is nftables and nft is not', 'nftables', [NFT], 'no "nft"'],
    ['ipMasqBackend is iptables and iptables is not', 'iptables', [IPTABLES], 'no "iptables"'],
  ])('fails before any change when %s on the host', async (_case, ipMasqBackend, hidden, words) => {
    const refused = { ...conf, bridge: 'fresh0', ipMasqBackend };
    const attempt = () => refusal('ADD', pod, refused, { env: { PATH: '' }, by: withoutPrograms(...hidden) });
    expect(await countLinksMade(node, attempt)).toMatchObject({
      result: {
        code: 7,
        msg: expect.stringMatching(new RegExp(`^ipMasq: the host has ${words} in /usr/sbin:`)),
      },
      linksMade: 0,
    });
  });

  test('uses iptables on a host without nft, and CHECK and DEL use the backend of ADD', async () => {
    const result = await add(pod, conf, { by: withoutPrograms(NFT) });
    expect(await exec(node, 'iptables-save', ['-t', 'nat'])).toContain(' -s 10.20.1.11/32 -j ');
    await check(pod, conf, result);
    await del(pod, conf);
    expect(await exec(node, 'iptables-save', ['-t', 'nat'])).not.toContain('10.20.1.11');
  });

  test('that fails rolls back the ADD', async () => {
    const lines =
      'case "$*" in *list*) echo "{\\"nftables\\": []}";; *) echo "no such luck" >&2; exit 1;; esac';
    const before = await states();
    const env = { PATH: folderWithProgram('nft', lines) };
    expect(await refusal('ADD', pod, conf, { env })).toEqual({
      cniVersion: '1.0.0',
      code: 999,
      msg: '"nft -f -" failed with exit code 1',
      details: 'no such luck',
    });
    expect(await states()).toEqual(before);
  });

  test('of a running ADD survives GC, although the list cannot have the pod yet', async () => {
    const before = await states();
    const wait =
      'cd "$(dirname "$0")"; : > begun; for i in $(seq 600); do [ -e go-on ] && break; sleep 0.1; done';
    const folder = folderWithProgram('nft', `${wait}; exec /usr/sbin/nft "$@"`);
    const adding = add(pod, conf, { env: { PATH: folder } });
    await vi.waitFor(() => expect(existsSync(join(folder, 'begun'))).toBe(true), { timeout: 30_000 });
    const valid = { cniVersion: '1.1.0', 'cni.dev/valid-attachments': residents };
    expect(await call('GC', pod, networkConf(valid))).toMatchObject({ exitCode: 0, stdout: '' });
    writeFileSync(join(folder, 'go-on'), '');
    await check(pod, conf, await adding);
    await del(pod, conf);
    expect(await states()).toEqual(before);
  });

  test('has no effect without addresses', async () => {
    const before = await kernelState(node);
    const bare = networkConf({ isDefaultGateway: true, ipMasq: true });
    await add(pod, bare);
    await del(pod, bare);
    expect(await kernelState(node)).toEqual(before);
  });
});

function masquerading(addresses: readonly string[], more: object = {}) {
  // The pod reaches this address of its own subnet through the host.
  const routes = [{ dst: `${INSIDE}/32`, gw: '10.20.1.1' }];
  const inside = addresses.some((address) => address.startsWith('10.20.1.1'));
  const ipam = staticIpam(addresses, inside ? { routes } : {});
  return networkConf({ isDefaultGateway: true, ipMasq: true, ipam, ...more });
}

function states() {
  return Promise.all([kernelState(node), kernelState(pod.netns)]);
}

/** The rules of both backends for the pods' addresses, without those of the resident pods. */
async function shownRules(): Promise<string[]> {
  const ruleset = await exec(node, 'nft', ['list', 'ruleset']);
  return ruleset.split('\n').filter((line) => /saddr (10\.20\.[12]|fd00:20:)[:.]+11 /.test(line));
}

/** Removes the rules of all attachments but the resident ones, as an administrator would. */
async function removeRules(backend: (typeof BACKENDS)[number]): Promise<void> {
  if (backend === 'nftables') {
    const listed = await exec(node, 'nft', ['-a', 'list', 'table', 'inet', 'vlan_bridge']);
    const handles = Array.from(listed.matchAll(/:?\.?11 .* # handle (\d+)/g), ([, handle]) => handle);
    for (const handle of handles) {
      await exec(node, 'nft', [
        'delete',
        'rule',
        'inet',
        'vlan_bridge',
        'postrouting',
        'handle',
        `${handle}`,
      ]);
    }
    return;
  }
  for (const tool of ['iptables', 'ip6tables']) {
    const saved = await exec(node, `${tool}-save`, ['-t', 'nat']);
    const jumps = saved.split('\n').filter((line) => /^-A POSTROUTING -s [^ ]*[.:]11\//.test(line));
    for (const jump of jumps) await exec(node, tool, ['-t', 'nat', ...jump.replace('-A', '-D').split(' ')]);
  }
}
