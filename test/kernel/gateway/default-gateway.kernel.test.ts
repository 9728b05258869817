import { expect, test } from 'vitest';
import { createNetns, ipJson } from '../../helpers/netns.ts';
import { add, check, createPod, networkConf, type Pod, staticIpam } from '../../helpers/pod.ts';

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
])(
  'isDefaultGateway adds one default route of each family, and the result has its gw: %s',
  async (...row) => {
    const [, addresses, given, expected] = row;
    // isDefaultGateway overrides isGateway: false.
    const keys = { isDefaultGateway: true, isGateway: false };
    const defaults = networkConf({ ...keys, ipam: staticIpam(addresses, { routes: given }) });
    const pod = await createPod(await createNetns('node'));
    const result = await add(pod, defaults);
    expect(result.routes).toEqual(expected);
    const shown = await Promise.all(['-4', '-6'].map((family) => defaultGateways(pod, family)));
    const inMain = expected.filter((route) => !('table' in route));
    expect(shown.flat().sort()).toEqual(inMain.map(({ gw }) => gw).sort());
    await check(pod, defaults, result);
  },
);

/** The next hops of the default routes in the main table. */
async function defaultGateways({ netns }: Pod, family: string): Promise<string[]> {
  const routes = await ipJson<{ readonly gateway: string }>(netns, family, 'route', 'show', 'default');
  return routes.map((route) => route.gateway);
}
