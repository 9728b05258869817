import type { Dns, Result } from '../cni/result.ts';
import type { Cidr, Ip } from '../inet/cidr.ts';

/** An address that IPAM assigned to the container. */
export type AssignedIp = {
  readonly cidr: Cidr;
  /** Next hop of routes of this family without a next hop of their own. */
  readonly gateway: Ip | undefined;
};

/** A route for the container. Absent members have the kernel's default; an absent `gw` is the gateway of an address. */
export type IpamRoute = {
  readonly dst: Cidr;
  readonly gw?: Ip | undefined;
  /** Bytes. */
  readonly mtu?: number | undefined;
  /** Bytes. */
  readonly advmss?: number | undefined;
  /** The metric. */
  readonly priority?: number | undefined;
  readonly table?: number | undefined;
  /** RT_SCOPE_*. */
  readonly scope?: number | undefined;
};

/** The result of IPAM for one attachment. */
export type IpamResult = {
  readonly ips: readonly AssignedIp[];
  readonly routes: readonly IpamRoute[];
  readonly dns: Dns;
};

/** The IPAM of one configuration: the source of the addresses of an attachment. */
export type Ipam = {
  /** `ipam.type`. */
  readonly type: string;
  /** The addresses, routes and DNS settings of static IPAM; `undefined` for delegated IPAM before `add`. */
  readonly staticResult: IpamResult | undefined;
  /**
   * Whether IPAM uses the container's link, as DHCP does. The link must be up before `add` and must still exist at `del`.
   */
  readonly usesLink: boolean;
  /** Checks that the IPAM plugin can be run. @throws CniError 7 when it cannot */
  readonly requirePlugin: () => void;
  /** Reserves addresses. @throws CniError */
  readonly add: () => IpamResult;
  /** Releases the addresses. Already released addresses are no error. @throws CniError */
  readonly del: () => void;
  /** Checks the reservation of ADD's result. Returns one sentence for each problem. @throws CniError of a delegate */
  readonly check: (prevResult: Result) => readonly string[];
  /** Releases the addresses of attachments that the configuration does not list as valid. @throws CniError */
  readonly gc: () => void;
  /** Checks that IPAM can serve an ADD. @throws CniError when it cannot */
  readonly status: () => void;
};

/** Finds the next hop for routes of a family without a next hop of their own: the first gateway of the family. */
export function implicitGateway(family: 4 | 6, ips: readonly AssignedIp[]): Ip | undefined {
  return ips.find(({ gateway }) => gateway?.family === family)?.gateway;
}
