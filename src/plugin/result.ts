import type { Interface, Result, Route } from '../cni/result.ts';
import { formatCidr, formatIp } from '../inet/cidr.ts';
import type { IpamRoute } from '../ipam/ipam.ts';
import type { Link } from '../rtnetlink/link.ts';
import type { NetConf } from './netconf.ts';

/** The links that ADD made or used, as the kernel shows them at the end; `sandbox` is CNI_NETNS to the letter. */
export type AttachedLinks = {
  readonly bridge: Link;
  readonly port: Link;
  readonly link: Link;
  readonly sandbox: string;
};

/** Position of the container's link in the result's interfaces. */
const CONTAINER_INDEX = 2;

/** What ADD answers: bridge, host end and container end, and what IPAM gave. */
export function addResult({ bridge, port, link, sandbox }: AttachedLinks, conf: NetConf): Result {
  const interfaces: Interface[] = [
    { name: bridge.name, mac: bridge.mac },
    { name: port.name, mac: port.mac },
    { name: link.name, mac: link.mac, mtu: link.mtu, sandbox },
  ];
  const { ips = [], routes = [], dns = {} } = conf.ipam ?? {};
  return {
    interfaces,
    ips: ips.map(({ cidr, gateway }) => ({
      address: formatCidr(cidr),
      gateway: gateway === undefined ? undefined : formatIp(gateway),
      interface: CONTAINER_INDEX,
    })),
    routes: routes.map(formatRoute),
    dns: conf.dns ?? dns,
  };
}

function formatRoute({ dst, gw, ...attributes }: IpamRoute): Route {
  return {
    dst: formatCidr(dst),
    gw: gw === undefined ? undefined : formatIp(gw),
    ...attributes,
  };
}
