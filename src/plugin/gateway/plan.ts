import { CniError, errorCode } from '../../cni/error.ts';
import { problemLine } from '../../cni/schema.ts';
import { type Cidr, firstHostOf, formatCidr, formatIp, sameIp } from '../../inet/cidr.ts';
import { type AssignedIp, type IpamResult, type IpamRoute, implicitGateway } from '../../ipam/ipam.ts';
import { RT_SCOPE_LINK, RT_TABLE_MAIN } from '../../rtnetlink/uapi.ts';
import type { GatewayConf } from '../config/netconf.ts';

/**
 * Completes the result of IPAM. With `isGateway` every address gets a gateway. With `isDefaultGateway` every family gets a default
 * route in the main table. A default route without a next hop gets the gateway of its family.
 * @throws CniError 7 when an address cannot have a gateway in its subnet
 */
export function withGateways(
  ipamResult: IpamResult,
  { isGateway, isDefaultGateway }: GatewayConf,
): IpamResult {
  const ips = isGateway ? ipamResult.ips.map(withGateway) : ipamResult.ips;
  const routes = ipamResult.routes.map((route) => withNextHop(route, ips));
  const defaults = isDefaultGateway ? missingDefaults(routes, ips) : [];
  return { ...ipamResult, ips, routes: [...routes, ...defaults] };
}

/** Lists the addresses that the gateway link needs, without duplicates. */
export function gatewayAddresses(ips: readonly AssignedIp[]): readonly Cidr[] {
  const all = ips.flatMap(({ cidr, gateway }) =>
    gateway === undefined ? [] : [{ ip: gateway, prefixLength: cidr.prefixLength }],
  );
  return all.filter(
    (cidr, index) => all.findIndex((other) => formatCidr(other) === formatCidr(cidr)) === index,
  );
}

function withGateway(assigned: AssignedIp): AssignedIp {
  const { cidr } = assigned;
  if (assigned.gateway !== undefined) return assigned;
  const gateway = firstHostOf(cidr);
  const alone = cidr.prefixLength === cidr.ip.bytes.length * 8;
  if (alone || sameIp(gateway, cidr.ip)) {
    const reason = alone
      ? 'has no subnet to take a gateway from'
      : `is the gateway "${formatIp(gateway)}" itself`;
    throw new CniError(
      errorCode.invalidConfig,
      problemLine(['isGateway'], true, `address "${formatCidr(cidr)}" ${reason}`),
    );
  }
  return { cidr, gateway };
}

function withNextHop(route: IpamRoute, ips: readonly AssignedIp[]): IpamRoute {
  const onLink = route.scope !== undefined && route.scope >= RT_SCOPE_LINK;
  if (route.dst.prefixLength > 0 || route.gw !== undefined || onLink) return route;
  const gw = implicitGateway(route.dst.ip.family, ips);
  return gw === undefined ? route : { ...route, gw };
}

function missingDefaults(routes: readonly IpamRoute[], ips: readonly AssignedIp[]): readonly IpamRoute[] {
  return ([4, 6] as const).flatMap((family) => {
    const gw = implicitGateway(family, ips);
    const present = routes.some(
      ({ dst, table }) =>
        dst.ip.family === family && dst.prefixLength === 0 && (table || RT_TABLE_MAIN) === RT_TABLE_MAIN,
    );
    if (gw === undefined || present) return [];
    const bytes = new Uint8Array(family === 4 ? 4 : 16);
    return [{ dst: { ip: { family, bytes }, prefixLength: 0 }, gw }];
  });
}
