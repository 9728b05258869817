import { beforeAll, describe, expect, test } from 'vitest';
import { createNetns, fileCleanup, ipJson, type Netns } from '../../helpers/netns.ts';
import { add, check, createPod, networkConf, staticIpam } from '../../helpers/pod.ts';

const cleanup = fileCleanup();
let node: Netns;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
});

type Shown = { readonly dst: string };
const plain = { scope: 'global', protocol: 'boot' };
const subnet4 = { dst: '10.20.1.0/24', scope: 'link', prefsrc: '10.20.1.11', protocol: 'kernel' };
const via4 = { gateway: '10.20.1.254', ...plain };
const via6 = { gateway: 'fd00:20::fe', ...plain, metric: 1024, pref: 'medium' };

/** A route of the configuration, and the output of `ip route show` for it. */
const routes = [
  ['an IPv4 gateway of its own', { dst: '10.1.0.0/16', gw: '10.20.1.1' }, { ...via4, gateway: '10.20.1.1' }],
  ['the gateway of its IPv4 address', { dst: '10.2.0.0/16' }, via4],
  ['the default destination of IPv4', { dst: '0.0.0.0/0' }, { dst: 'default', ...via4 }],
  [
    'mtu, advmss and priority',
    { dst: '10.3.0.0/16', mtu: 1300, advmss: 1260, priority: 50 },
    { ...via4, metric: 50, metrics: [{ mtu: 1300, advmss: 1260 }] },
  ],
  ['scope link, without a gateway', { dst: '10.4.0.0/16', scope: 253 }, { ...plain, scope: 'link' }],
  ['an IPv6 gateway of its own', { dst: 'fd01::/32', gw: 'fd00:20::1' }, { ...via6, gateway: 'fd00:20::1' }],
  ['the gateway of its IPv6 address', { dst: 'fd02::/32' }, via6],
  ['the default destination of IPv6', { dst: '::/0' }, { dst: 'default', ...via6 }],
  ['its IPv6 host bits masked', { dst: 'fd03::1/32' }, { dst: 'fd03::/32', ...via6 }],
  [
    'an IPv6 metric and mtu',
    { dst: 'fd04::/32', priority: 7, mtu: 1400 },
    { ...via6, metric: 7, metrics: [{ mtu: 1400 }] },
  ],
] as const;

const inTables = [
  ['a table', { dst: '10.5.0.0/16', table: 100 }, '-4', '100', via4],
  ['a table above 255', { dst: '10.5.0.0/16', table: 7000 }, '-4', '7000', via4],
  ['an IPv6 table', { dst: 'fd05::/32', table: 100 }, '-6', '100', via6],
] as const;

describe('a route of the configuration has', () => {
  let pod: Netns;
  let main: readonly Shown[];

  beforeAll(async () => {
    const made = await createPod(node, cleanup);
    pod = made.netns;
    const addresses = [
      { address: '10.20.1.11/24', gateway: '10.20.1.254' },
      { address: 'fd00:20::11/64', gateway: 'fd00:20::fe' },
    ];
    const all = [...routes, ...inTables].map(([, route]) => route);
    const conf = networkConf({ ipam: { type: 'static', addresses, routes: all } });
    await check(made, conf, await add(made, conf));
    main = [...(await shownRoutes(pod, '-4', 'main')), ...(await shownRoutes(pod, '-6', 'main'))];
  });

  test.each(routes)('%s', (_case, { dst }, expected) => {
    expect(main).toContainEqual({ dst, ...expected });
  });

  test.each(inTables)('%s', async (_case, { dst }, family, table, expected) => {
    expect(await shownRoutes(pod, family, table)).toEqual([{ dst, ...expected }]);
  });

  test('only the routes to the subnets beside it in the main table', () => {
    const kernels = main.filter((route) => 'protocol' in route && route.protocol === 'kernel');
    expect(kernels.map(({ dst }) => dst)).toEqual(['10.20.1.0/24', 'fd00:20::/64', 'fe80::/64']);
    expect(main).toHaveLength(routes.length + kernels.length);
  });
});

test('adds no default route unless the configuration has one', async () => {
  const pod = await createPod(node);
  const addresses = [{ address: '10.20.1.11/24', gateway: '10.20.1.1' }];
  await add(pod, networkConf({ ipam: { type: 'static', addresses } }));
  expect(await shownRoutes(pod.netns, '-4', 'main')).toEqual([subnet4]);
});

test('reaches a gateway outside of every subnet by an earlier route', async () => {
  const pod = await createPod(node);
  const hops = [
    { dst: '172.16.0.1/32', scope: 253 },
    { dst: '0.0.0.0/0', gw: '172.16.0.1' },
  ];
  await add(pod, networkConf({ ipam: staticIpam(['10.20.1.11/32'], { routes: hops }) }));
  expect(await shownRoutes(pod.netns, '-4', 'main')).toEqual([
    { dst: 'default', ...plain, gateway: '172.16.0.1' },
    { dst: '172.16.0.1', ...plain, scope: 'link' },
  ]);
});

/** The routes of a table out of `net1`, without the attributes that all of them share. */
async function shownRoutes(netns: Netns, family: string, table: string): Promise<Shown[]> {
  type Route = Shown & { dev: string; flags: string[]; type: string };
  const shown = await ipJson<Route>(netns, family, '-d', 'route', 'show', 'table', table);
  expect(shown.map(({ dev, type }) => `${type} ${dev}`)).toEqual(shown.map(() => 'unicast net1'));
  return shown.map(({ dev: _dev, flags: _flags, type: _type, ...rest }) => rest);
}
