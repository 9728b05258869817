import { describe, expect, test } from 'vitest';
import { formatCidr, formatIp, parseCidr, parseIp } from '../../src/inet/cidr.ts';
import { addRoute, type LinkRoute, listRoutes } from '../../src/rtnetlink/route.ts';
import { RT_SCOPE_LINK, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN } from '../../src/rtnetlink/uapi.ts';
import { bodiesOf, expectedLines, type Fixture, ifindexOf, linesOf, readFixture } from '../helpers/wire.ts';

const LINK = { name: 'dummy0', ifindex: 2 };
const EVERYTHING = { table: 500, priority: 77, mtu: 1300, advmss: 1200 };

describe('addRoute', () => {
  test.each([
    ['add-route-4', '10.30.0.0/16', undefined, { scope: RT_SCOPE_LINK }],
    ['add-route-4-gw', '10.30.0.0/16', '10.20.1.1', {}],
    ['add-route-4-default', '0.0.0.0/0', '10.20.1.1', {}],
    ['add-route-4-all', '10.30.0.0/16', '10.20.1.1', EVERYTHING],
    ['add-route-6', 'fd00:30::/48', undefined, {}],
    ['add-route-6-gw', 'fd00:30::/48', 'fd00:20::1', {}],
    ['add-route-6-default', '::/0', 'fd00:20::1', { table: 100 }],
    ['add-route-6-all', 'fd00:30::/48', 'fd00:20::1', EVERYTHING],
  ])('sends what ip sends: %s', (name, dst, gw, rest) => {
    const fixture = readFixture(name);
    const request = addRoute({ name: 'dummy0', ifindex: ifindexOf(fixture, 'dummy0') }, route(dst, gw, rest));
    expect(linesOf(request)).toEqual(expectedLines(fixture));
  });

  test.each([
    ['10.30.0.0/16', undefined, 'add route "10.30.0.0/16" to link "dummy0"'],
    ['::/0', 'fd00:20::1', 'add route "::/0 via fd00:20::1" to link "dummy0"'],
  ])('names the route to %s in its operation', (dst, gw, operation) => {
    expect(addRoute(LINK, route(dst, gw)).operation).toBe(operation);
  });
});

describe('listRoutes', () => {
  test.each([
    ['list-routes-4', 4, RT_TABLE_MAIN],
    ['list-routes-4-table', 4, 500],
    ['list-routes-6', 6, RT_TABLE_MAIN],
  ] as const)('sends what ip sends and sees what ip sees: %s', (name, family, table) => {
    const fixture = readFixture(name);
    const request = listRoutes(family, table);
    expect(linesOf(request)).toEqual(expectedLines(fixture));
    expect(request.parse(bodiesOf(fixture)).map(textsOf)).toEqual(routesSeenIn(fixture, table));
  });

  test('leaves out the routes of other tables', () => {
    expect(listRoutes(4, 501).parse(bodiesOf(readFixture('list-routes-4-table')))).toEqual([]);
  });

  test('names family and table in its operation', () => {
    expect(listRoutes(6, 500).operation).toBe('list IPv6 routes of table 500');
  });

  test.each([
    ['shorter than its fixed part', '07000000'],
    ['beyond the end', '0c00000002000000'],
  ])('refuses a next hop that is %s', (_, hop) => {
    const hops = Buffer.from(hop.padEnd(16, '0'), 'hex');
    const attribute = Buffer.concat([Buffer.from([4 + hops.length, 0, 9, 0]), hops]);
    const body = Buffer.concat([Buffer.from('021800000003000100000000', 'hex'), attribute]);
    expect(() => listRoutes(4, 0).parse([body])).toThrow('a next hop of');
  });
});

function route(
  dst: string,
  gw: string | undefined,
  rest: Partial<LinkRoute> = {},
): Omit<LinkRoute, 'ifindex'> {
  const cidr = parseCidr(dst);
  if (cidr === undefined) throw new Error(`"${dst}" is no destination`);
  const defaults = { table: RT_TABLE_MAIN, scope: RT_SCOPE_UNIVERSE, priority: 0, mtu: 0, advmss: 0 };
  return { dst: cidr, gw: gw === undefined ? undefined : parseIp(gw), ...defaults, ...rest };
}

function textsOf({ dst, gw, ...rest }: LinkRoute) {
  return { dst: formatCidr(dst), gw: gw === undefined ? undefined : formatIp(gw), ...rest };
}

/** `ip -d -N -j route show` in our words, one route for each next hop. */
function routesSeenIn({ observed, ifindexes }: Fixture, table: number) {
  return (observed as readonly IpRoute[]).flatMap(({ nexthops, ...all }) =>
    (nexthops ?? [all]).map(({ gateway, dev }) => ({
      dst: destinationOf(all.dst, gateway),
      gw: gateway,
      ifindex: ifindexes[dev],
      table,
      scope: Number(all.scope),
      priority: all.metric ?? 0,
      mtu: all.metrics?.[0]?.mtu ?? 0,
      advmss: all.metrics?.[0]?.advmss ?? 0,
    })),
  );
}

type IpNextHop = { readonly gateway?: string; readonly dev: string };
type IpRoute = IpNextHop & {
  readonly dst: string;
  readonly scope: string;
  readonly metric?: number;
  readonly metrics?: readonly { mtu?: number; advmss?: number }[];
  readonly nexthops?: readonly IpNextHop[];
};

function destinationOf(dst: string, gateway = ''): string {
  if (dst !== 'default') return dst;
  return gateway.includes(':') ? '::/0' : '0.0.0.0/0';
}
