import { CniError, errorCode } from '../../cni/error.ts';
import { problemLine } from '../../cni/schema.ts';
import { type Cidr, firstHostOf, formatCidr, formatIp, sameIp } from '../../inet/cidr.ts';
import { type AssignedIp, type IpamResult, type IpamRoute, implicitGateway } from '../../ipam/ipam.ts';
import { RT_SCOPE_LINK, RT_TABLE_MAIN } from '../../rtnetlink/uapi.ts';
import type { GatewayConf } from '../config/netconf.ts';

/**
 * What IPAM gave, completed: with `isGateway` every address has a gateway, with `isDefaultGateway` every family has a default
 * route in the main table, and a default route names its next hop wherever one is known.
 * @throws CniError 7 when an address can have no gateway of its own
 */
export function withGateways(given: IpamResult, { isGateway, isDefaultGateway }: GatewayConf): IpamResult {
  const ips = isGateway ? given.ips.map(withGateway) : given.ips;
  const routes = given.routes.map((route) => withNextHop(route, ips));
  return { ...given, ips, routes: isDefaultGateway ? [...routes, ...missingDefaults(routes, ips)] : routes };
}

/** The addresses that the gateway's link needs, each once. */
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
    const why = alone
      ? 'has no subnet to take a gateway from'
      : `is the gateway "${formatIp(gateway)}" itself`;
    throw new CniError(
      errorCode.invalidConfig,
      problemLine(['isGateway'], true, `address "${formatCidr(cidr)}" ${why}`),
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
