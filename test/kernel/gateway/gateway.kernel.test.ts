import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { kernelState } from '../../helpers/kernel-state.ts';
import { linkAddresses, linkNames, showLink } from '../../helpers/links.ts';
import { createNetns, exec, ip, ipJson, type Netns } from '../../helpers/netns.ts';
import { add, check, createPod, del, networkConf, type Pod, refusal, staticIpam } from '../../helpers/pod.ts';
import { folderWithProgram } from '../../helpers/programs.ts';
import { pings } from '../../helpers/traffic.ts';
import { countLinksMade } from '../links-made.ts';

const gateway = (addresses: readonly string[], more: object = {}, ipam: object = {}) =>
  networkConf({ isGateway: true, ipam: staticIpam(addresses, ipam), ...more });
const conf = gateway(['10.20.1.11/24']);

let node: Netns;
let pod: Pod;

beforeEach(async () => {
  node = await createNetns('node');
  pod = await createPod(node);
});

describe('isGateway', () => {
  test.each([
    ['IPv4', ['10.20.1.11/24'], ['10.20.1.1'], ['1', '0']],
    ['IPv6', ['fd00:20::11/64'], ['fd00:20::1'], ['0', '1']],
    ['both families', ['10.20.1.11/24', 'fd00:20::11/64'], ['10.20.1.1', 'fd00:20::1'], ['1', '1']],
    ['two IPv4 subnets', ['10.20.1.11/24', '10.20.2.11/25'], ['10.20.1.1', '10.20.2.1'], ['1', '0']],
  ])('gives the bridge the first host of each subnet and lets the host forward: %s', async (...row) => {
    const [, addresses, gateways, forwarding] = row;
    const result = await add(pod, gateway(addresses));
    expect(result.ips?.map((entry) => entry.gateway)).toEqual(gateways);
    const wanted = addresses.map((address, index) => address.replace(/^[^/]*/, gateways[index] ?? ''));
    expect(await linkAddresses(node, 'vlanbr0')).toEqual(wanted);
    expect(await forwardingOf(node)).toEqual(forwarding);
    expect(await Promise.all(gateways.map((address) => pings(pod.netns, address)))).toEqual(
      gateways.map(() => true),
    );
    await check(pod, gateway(addresses), result);
  });

  test('uses the gateway that the address names', async () => {
    const ipam = { type: 'static', addresses: [{ address: '10.20.1.11/24', gateway: '10.20.1.254' }] };
    const result = await add(pod, networkConf({ isGateway: true, ipam }));
    expect(result.ips).toEqual([{ address: '10.20.1.11/24', gateway: '10.20.1.254', interface: 2 }]);
    expect(await linkAddresses(node, 'vlanbr0')).toEqual(['10.20.1.254/24']);
  });

  test('has no effect without addresses: forwarding stays off', async () => {
    await add(pod, networkConf({ isGateway: true }));
    expect(await linkAddresses(node, 'vlanbr0')).toEqual([]);
    expect(await forwardingOf(node)).toEqual(['0', '0']);
  });

  test('adds no default route without isDefaultGateway', async () => {
    const { routes, interfaces } = await add(pod, conf);
    expect(routes).toBeUndefined();
    expect(interfaces.map(({ name }) => name)).toEqual(['vlanbr0', expect.stringMatching(/^veth/), 'net1']);
    expect(await ipJson(pod.netns, 'route', 'show', 'default')).toEqual([]);
  });

  test.each(['10.20.1.1/24', '10.20.1.1/32', 'fd00:20::11/128'])(
    'is refused before any change for an address that can have no gateway: %s',
    async (address) => {
      const refused = () => refusal('ADD', pod, gateway([address]));
      expect(await countLinksMade(node, refused)).toMatchObject({
        result: { code: 7, msg: expect.stringContaining(`isGateway: true: address "${address}" `) },
        linksMade: 0,
      });
    },
  );

  test('keeps the link-layer address that an existing bridge had before the port joined', async () => {
    await ip(
      node,
      'link add vlanbr0 up type bridge',
      'link add port0 address fe:00:00:00:00:01 up master vlanbr0 type veth peer name peer0',
    );
    const { interfaces } = await add(pod, conf);
    expect(interfaces[0].mac).toBe('fe:00:00:00:00:01');
    expect(await showLink(node, 'vlanbr0')).toMatchObject({ address: 'fe:00:00:00:00:01' });
  });
});

describe('isDefaultGateway', () => {
  const both = ['10.20.1.11/24', 'fd00:20::11/64'];
  const byGateway4 = { dst: '0.0.0.0/0', gw: '10.20.1.1' };
  const byGateway6 = { dst: '::/0', gw: 'fd00:20::1' };
  test.each([
    ['without routes of IPAM', both, [], [byGateway4, byGateway6]],
    ['with a default route without gw', both, [{ dst: '0.0.0.0/0' }], [byGateway4, byGateway6]],
    [
      'with default routes of both families',
      both,
      [{ dst: '::0/0' }, { dst: '0.0.0.0/0' }],
      [byGateway6, byGateway4],
    ],
    [
      'with a default route through another gateway',
      ['10.20.1.11/24'],
      [{ dst: '0.0.0.0/0', gw: '10.20.1.9' }],
      [{ dst: '0.0.0.0/0', gw: '10.20.1.9' }],
    ],
    [
      'with a default route in another table',
      ['10.20.1.11/24'],
      [{ dst: '0.0.0.0/0', table: 100 }],
      [{ ...byGateway4, table: 100 }, byGateway4],
    ],
  ])('gives one default route of each family, whose gw is in the result: %s', async (...row) => {
    const [, addresses, given, expected] = row;
    // isDefaultGateway overrides isGateway: false.
    const keys = { isDefaultGateway: true, isGateway: false };
    const defaults = gateway(addresses, keys, { routes: given });
    const result = await add(pod, defaults);
    expect(result.routes).toEqual(expected);
    const shown = await Promise.all(['-4', '-6'].map((family) => defaultGateways(pod, family)));
    const inMain = expected.filter((route) => !('table' in route));
    expect(shown.flat().sort()).toEqual(inMain.map(({ gw }) => gw).sort());
    await check(pod, defaults, result);
  });
});

describe('an address on the bridge', () => {
  beforeEach(() =>
    ip(
      node,
      'link add vlanbr0 address 02:00:00:00:00:99 up type bridge',
      'address add 10.20.1.254/24 broadcast + dev vlanbr0',
    ),
  );

  test('in the same subnet makes ADD fail, and stays', async () => {
    const before = await states();
    expect(await refusal('ADD', pod, conf)).toEqual({
      cniVersion: '1.0.0',
      code: 101,
      msg: '"vlanbr0" has the address "10.20.1.254/24", so the gateway "10.20.1.1/24" of the same subnet cannot be added; remove it, or set "forceAddress"',
    });
    expect(await states()).toEqual(before);
  });

  test('in the same subnet is replaced with forceAddress', async () => {
    await ip(node, 'address add 10.20.9.1/24 dev vlanbr0');
    await add(pod, gateway(['10.20.1.11/24'], { forceAddress: true }));
    expect(await linkAddresses(node, 'vlanbr0')).toEqual(['10.20.9.1/24', '10.20.1.1/24']);
  });

  test('that forceAddress removed comes back when ADD fails', async () => {
    const before = await states();
    const unreachable = { routes: [{ dst: '10.99.0.0/16', gw: '172.16.0.1' }] };
    const failing = gateway(['10.20.1.11/24'], { forceAddress: true }, unreachable);
    expect(await refusal('ADD', pod, failing)).toMatchObject({ code: 100 });
    expect(await states()).toEqual(before);
  });

  test('in another subnet stays with forceAddress, like the link-local one', async () => {
    await add(pod, gateway(['10.20.2.11/24', 'fe80::11/64']));
    const addresses = await linkAddresses(node, 'vlanbr0');
    expect(addresses).toEqual(['10.20.1.254/24', '10.20.2.1/24']);
    expect(await pings(pod.netns, '10.20.2.1')).toBe(true);
  });
});

describe('rollback', () => {
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
});

test('ADD and DEL do not change a bridge that already has the gateway address', async () => {
  const first = await createPod(node);
  await add(first, gateway(['10.20.1.12/24', 'fd00:20::12/64']));
  await del(first, conf);
  const before = await states();
  const both = gateway(['10.20.1.11/24', 'fd00:20::11/64'], { isDefaultGateway: true });
  await add(pod, both);
  await del(pod, both);
  expect(await states()).toEqual(before);
});

describe('CHECK', () => {
  const both = gateway(['10.20.1.11/24', 'fd00:20::11/64']);

  test.each([
    [
      'a removed gateway address',
      () => ip(node, 'address del 10.20.1.1/24 dev vlanbr0'),
      'gateway link "vlanbr0" does not have the address "10.20.1.1/24"',
    ],
    ['a bridge that is down', () => ip(node, 'link set vlanbr0 down'), 'bridge "vlanbr0" is down'],
    [
      'IPv4 forwarding switched off',
      () => exec(node, 'sysctl', ['-q', '-w', 'net.ipv4.ip_forward=0']),
      'forwarding of IPv4 is switched off on the host',
    ],
    [
      'IPv6 forwarding switched off',
      () => exec(node, 'sysctl', ['-q', '-w', 'net.ipv6.conf.all.forwarding=0']),
      'forwarding of IPv6 is switched off on the host',
    ],
    ['a removed default route', () => ip(pod.netns, 'route del default'), 'there is no route to "0.0.0.0/0"'],
    [
      'a default route through another gateway',
      () => ip(pod.netns, 'route replace default via 10.20.1.9'),
      'the route to "0.0.0.0/0" goes by 10.20.1.9, not by 10.20.1.1',
    ],
  ])('finds %s', async (_case, damage, finding) => {
    const wanted = { ...both, isDefaultGateway: true };
    const prevResult = await add(pod, wanted);
    await damage();
    const { code, msg } = await refusal('CHECK', pod, { ...wanted, prevResult });
    expect(code).toBe(103);
    expect(msg.split('; ')).toContain(finding);
  });

  test('passes when prevResult also has links, addresses and gateways of other plugins', async () => {
    const first = {
      cniVersion: '1.0.0',
      interfaces: [{ name: 'eth0', sandbox: pod.netns.path }, { name: 'phy0' }],
      ips: [{ address: '192.0.2.11/24', gateway: '192.0.2.1', interface: 0 }],
    };
    const result = await add(pod, { ...both, prevResult: first });
    const last = { name: 'tap0', mac: '02:00:00:00:00:77', sandbox: pod.netns.path };
    const others = {
      address: '198.51.100.11/24',
      gateway: '198.51.100.1',
      interface: result.interfaces.length,
    };
    await check(pod, both, {
      ...result,
      interfaces: [...result.interfaces, last],
      ips: [...(result.ips ?? []), others],
    });
  });
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

/** The forwarding switches of the host for IPv4 and IPv6. */
async function forwardingOf(netns: Netns): Promise<string[]> {
  const names = ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'];
  return (await exec(netns, 'sysctl', ['-n', ...names])).split('\n');
}

/** The next hops of the default routes in the main table. */
async function defaultGateways({ netns }: Pod, family: string): Promise<string[]> {
  const routes = await ipJson<{ readonly gateway: string }>(netns, family, 'route', 'show', 'default');
  return routes.map((route) => route.gateway);
}
