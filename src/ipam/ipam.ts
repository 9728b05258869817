import { fields, read, text } from '../cni/json.ts';
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

/** Where the addresses of an attachment come from. */
export type Ipam = {
  /** What is known before anything was changed; `undefined` where only `add` can tell. */
  readonly staticResult: IpamResult | undefined;
  /** Reserves addresses. @throws CniError */
  readonly add: () => IpamResult;
  /** Gives them back; nothing to give back is no error. @throws CniError */
  readonly del: () => void;
  /** What is wrong with the reservation that ADD's result tells of, a sentence each. @throws CniError of a delegate */
  readonly check: (prevResult: Result) => readonly string[];
};

/** The `ipam.type` of a network configuration; the empty string where it has none: layer 2 only. */
export function ipamType(config: unknown): string {
  const { data } = read(fields({ ipam: () => fields({ type: text }) }), config);
  return data?.ipam?.type ?? '';
}

/**
 * Whether IPAM of this type talks to its server through the container's link, which has to be up then before addresses are asked
 * for, and still has to be there when they are given back.
 */
export function usesLink(type: string): boolean {
  return type === 'dhcp';
}

/** The next hop of routes of a family that name none: the first gateway that there is. */
export function implicitGateway(family: 4 | 6, ips: readonly AssignedIp[]): Ip | undefined {
  return ips.find(({ gateway }) => gateway?.family === family)?.gateway;
}
