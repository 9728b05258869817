import type { Dns, Result } from '../cni/result.ts';
import type { Cidr, Ip } from '../inet/cidr.ts';

export type AssignedIp = {
  readonly cidr: Cidr;
  /** Next hop of routes of this family that name none. */
  readonly gateway: Ip | undefined;
};

/** A route for the container. Absent members are left to the kernel; `gw` falls back to an address's gateway. */
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

/** What IPAM gives to one attachment. */
export type IpamResult = {
  readonly ips: readonly AssignedIp[];
  readonly routes: readonly IpamRoute[];
  readonly dns: Dns;
};

/** IPAM of one configuration: where the addresses of an attachment come from. */
export type Ipam = {
  /** `ipam.type`. */
  readonly type: string;
  /** The addresses, routes and DNS settings of static IPAM; `undefined` where only `add` can tell. */
  readonly staticResult: IpamResult | undefined;
  /**
   * IPAM talks to its server through the container's link, as DHCP does. The link has to be up before `add`, and must still exist
   * at `del`.
   */
  readonly usesLink: boolean;
  /** Nothing, where the IPAM plugin can be run. @throws CniError 7 where it cannot */
  readonly requirePlugin: () => void;
  /** Reserves addresses. @throws CniError */
  readonly add: () => IpamResult;
  /** Releases the addresses; nothing to release is no error. @throws CniError */
  readonly del: () => void;
  /** What is wrong with the reservation of ADD's result, a sentence each. @throws CniError of a delegate */
  readonly check: (prevResult: Result) => readonly string[];
  /** Releases the addresses of attachments that the configuration does not list as valid. @throws CniError */
  readonly gc: () => void;
  /** Nothing, where IPAM could serve an ADD. @throws CniError where it could not */
  readonly status: () => void;
};

/** The next hop of routes of a family that name none: the first gateway that there is. */
export function implicitGateway(family: 4 | 6, ips: readonly AssignedIp[]): Ip | undefined {
  return ips.find(({ gateway }) => gateway?.family === family)?.gateway;
}
