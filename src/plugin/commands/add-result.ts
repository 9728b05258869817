import type { Dns, Interface, Result, Route } from '../../cni/result.ts';
import { formatCidr, formatIp } from '../../inet/cidr.ts';
import type { IpamResult, IpamRoute } from '../../ipam/ipam.ts';
import type { Link } from '../../rtnetlink/link-info.ts';

/** The links that ADD created or used, with the kernel's final attributes. `sandbox` is the unchanged value of CNI_NETNS. */
export type AttachedLinks = {
  readonly bridge: Link;
  readonly port: Link;
  readonly link: Link;
  /** The link with the gateway addresses: the gateway link of the VLAN, or the bridge without a VLAN. Absent without gateways. */
  readonly gateway: Link | undefined;
  readonly sandbox: string;
};

/** Index of the container's link in the interfaces of the result. */
const CONTAINER_INDEX = 2;

/**
 * Builds the result of ADD: bridge, host end, container end and the gateway link of the VLAN, and the result of IPAM.
 * @param dns replaces the DNS settings of IPAM; absent: those of IPAM
 */
export function addResult(
  { bridge, port, link, gateway, sandbox }: AttachedLinks,
  { ips, routes, dns: ipamDns }: IpamResult,
  dns: Dns | undefined,
): Result {
  const interfaces: Interface[] = [
    { name: bridge.name, mac: bridge.mac },
    { name: port.name, mac: port.mac },
    { name: link.name, mac: link.mac, mtu: link.mtu, sandbox },
  ];
  if (gateway !== undefined && gateway.ifindex !== bridge.ifindex) {
    interfaces.push({ name: gateway.name, mac: gateway.mac });
  }
  return {
    interfaces,
    ips: ips.map(({ cidr, gateway: ip }) => ({
      address: formatCidr(cidr),
      gateway: ip === undefined ? undefined : formatIp(ip),
      interface: CONTAINER_INDEX,
    })),
    routes: routes.map(formatRoute),
    dns: dns ?? ipamDns,
  };
}

/** Appends our result to that of the earlier plugins of the chain (SPEC 1.1.0, section 2, ADD). */
export function appendResult(previous: Result, own: Result): Result {
  const shift = previous.interfaces.length;
  const ips = own.ips.map((ip) =>
    ip.interface === undefined ? ip : { ...ip, interface: ip.interface + shift },
  );
  return {
    interfaces: [...previous.interfaces, ...own.interfaces],
    ips: [...previous.ips, ...ips],
    routes: [...previous.routes, ...own.routes],
    dns: Object.keys(own.dns).length > 0 ? own.dns : previous.dns,
  };
}

function formatRoute({ dst, gw, ...attributes }: IpamRoute): Route {
  return { dst: formatCidr(dst), gw: gw === undefined ? undefined : formatIp(gw), ...attributes };
}
