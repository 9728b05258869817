import { getU32, putU32 } from 'netlink/dist/structs.js';
import { type Cidr, formatCidr, formatIp, type Ip } from '../inet/cidr.ts';
import { attribute, type NetlinkMessage, NLM_F_CREATE, readAttributes } from '../netlink/message.ts';
import { afterStruct, change, list, readCidr, readIp } from './message.ts';
import * as uapi from './uapi.ts';

/** A unicast route. Absent members mean what they mean to `ip route`. */
export type LinkRoute = {
  readonly dst: Cidr;
  readonly gw: Ip | undefined;
  /** RT_TABLE_MAIN where nothing else is wanted. */
  readonly table: number;
  /** RT_SCOPE_*. */
  readonly scope: number;
  /** RTA_PRIORITY, the metric; 0 = the kernel's default. */
  readonly priority: number;
  /** RTAX_MTU in bytes; 0 = none. */
  readonly mtu: number;
  /** RTAX_ADVMSS in bytes; 0 = none. */
  readonly advmss: number;
  readonly ifindex: number | undefined;
};

type LinkRef = { readonly name: string; readonly ifindex: number };

/**
 * `ip route prepend DST [via GW] dev LINK [table T] [metric P] [mtu M] [advmss A] [scope S]`: a second IPv4 route to the same
 * destination goes before the first, a second IPv6 one becomes another next hop of it. EEXIST for an exact duplicate.
 */
export function addRoute(link: LinkRef, route: Omit<LinkRoute, 'ifindex'>): NetlinkMessage<void> {
  const via = route.gw === undefined ? '' : ` via ${formatIp(route.gw)}`;
  const operation = `add route "${formatCidr(route.dst)}${via}" to link "${link.name}"`;
  const dst = route.dst.prefixLength === 0 ? [] : [attribute(uapi.RTA_DST, route.dst.ip.bytes)];
  return change(operation, uapi.RTM_NEWROUTE, NLM_F_CREATE, [
    routeMessage(route),
    ...dst,
    ...(route.gw === undefined ? [] : [attribute(uapi.RTA_GATEWAY, route.gw.bytes)]),
    ...(route.table < 256 ? [] : [attribute(uapi.RTA_TABLE, putU32(route.table))]),
    ...(route.priority === 0 ? [] : [attribute(uapi.RTA_PRIORITY, putU32(route.priority))]),
    attribute(uapi.RTA_OIF, putU32(link.ifindex)),
    ...metrics(route),
  ]);
}

/**
 * The routes of one family in one table, or with RT_TABLE_UNSPEC in all of them. `ip -4|-6 route show table TABLE`. ENOENT where
 * there is no such table.
 */
export function listRoutes(family: 4 | 6, table: number): NetlinkMessage<readonly LinkRoute[]> {
  const message = Buffer.alloc(12);
  message.writeUInt8(family === 4 ? uapi.AF_INET : uapi.AF_INET6, 0);
  const parse = (bodies: readonly Buffer[]): readonly LinkRoute[] =>
    bodies.flatMap(parseRoutes).filter((route) => table === uapi.RT_TABLE_UNSPEC || route.table === table);
  return list(`list IPv${family} routes of table ${table}`, uapi.RTM_GETROUTE, parse, [
    message,
    attribute(uapi.RTA_TABLE, putU32(table)),
  ]);
}

function metrics({ mtu, advmss }: Pick<LinkRoute, 'mtu' | 'advmss'>): readonly Buffer[] {
  if (mtu === 0 && advmss === 0) return [];
  const values = [
    ...(mtu === 0 ? [] : [attribute(uapi.RTAX_MTU, putU32(mtu))]),
    ...(advmss === 0 ? [] : [attribute(uapi.RTAX_ADVMSS, putU32(advmss))]),
  ];
  return [attribute(uapi.RTA_METRICS, Buffer.concat(values))];
}

/** struct rtmsg { u8 family, dst_len, src_len, tos, table, protocol, scope, type; u32 flags; } */
function routeMessage({ dst, table, scope }: Pick<LinkRoute, 'dst' | 'table' | 'scope'>): Buffer {
  const message = Buffer.alloc(12);
  message.writeUInt8(dst.ip.family === 4 ? uapi.AF_INET : uapi.AF_INET6, 0);
  message.writeUInt8(dst.prefixLength, 1);
  message.writeUInt8(table < 256 ? table : uapi.RT_TABLE_UNSPEC, 4);
  message.writeUInt8(uapi.RTPROT_BOOT, 5);
  message.writeUInt8(scope, 6);
  message.writeUInt8(uapi.RTN_UNICAST, 7);
  return message;
}

/** One route for each next hop. */
function parseRoutes(body: Buffer): readonly LinkRoute[] {
  const attributes = readAttributes(afterStruct(body, 12));
  const family = body.readUInt8(0) === uapi.AF_INET ? 4 : 6;
  const values = readAttributes(attributes.get(uapi.RTA_METRICS) ?? Buffer.alloc(0));
  const bytes = attributes.get(uapi.RTA_DST) ?? Buffer.alloc(family === 4 ? 4 : 16);
  const route = {
    dst: readCidr(family, bytes, body.readUInt8(1)),
    table: numberOf(attributes.get(uapi.RTA_TABLE)) ?? body.readUInt8(4),
    scope: body.readUInt8(6),
    priority: numberOf(attributes.get(uapi.RTA_PRIORITY)) ?? 0,
    mtu: numberOf(values.get(uapi.RTAX_MTU)) ?? 0,
    advmss: numberOf(values.get(uapi.RTAX_ADVMSS)) ?? 0,
  } as const;
  const hops = nextHops(attributes.get(uapi.RTA_MULTIPATH) ?? Buffer.alloc(0));
  const single = {
    gateway: attributes.get(uapi.RTA_GATEWAY),
    ifindex: numberOf(attributes.get(uapi.RTA_OIF)),
  };
  return (hops.length === 0 ? [single] : hops).map(({ gateway, ifindex }) => ({
    ...route,
    gw: gateway === undefined ? undefined : readIp(family, gateway),
    ifindex,
  }));
}

type NextHop = {
  readonly gateway: Buffer | undefined;
  readonly ifindex: number | undefined;
};

/** RTA_MULTIPATH: struct rtnexthop { u16 rtnh_len; u8 rtnh_flags, rtnh_hops; s32 rtnh_ifindex; }, each with attributes. */
function nextHops(bytes: Buffer): readonly NextHop[] {
  const hops: NextHop[] = [];
  let rest = bytes;
  while (rest.length >= 8) {
    const length = rest.readUInt16LE(0);
    if (length < 8 || length > rest.length) throw new Error(`a next hop of ${length} bytes`);
    const gateway = readAttributes(rest.subarray(8, length)).get(uapi.RTA_GATEWAY);
    hops.push({ gateway, ifindex: rest.readInt32LE(4) });
    rest = rest.subarray((length + 3) & ~3);
  }
  return hops;
}

function numberOf(value: Buffer | undefined): number | undefined {
  return value === undefined ? undefined : getU32(value);
}
