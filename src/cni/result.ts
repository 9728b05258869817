import { CniError, errorCode } from './error.ts';
import { type CniVersion, compareVersions } from './version.ts';

/** A link that ADD made or uses. */
export type Interface = {
  readonly name: string;
  readonly mac?: string | undefined;
  /** In bytes. Shown from 1.0.0 on. */
  readonly mtu?: number | undefined;
  /** Path of the container's network namespace; absent for a link of the host. */
  readonly sandbox?: string | undefined;
  readonly socketPath?: string | undefined;
  readonly pciID?: string | undefined;
};

/** An address of the container. */
export type IpConfig = {
  /** Address with prefix length, such as `10.1.2.3/24`. */
  readonly address: string;
  readonly gateway?: string | undefined;
  /** Index into `interfaces`. */
  readonly interface?: number | undefined;
};

/** A route in the container. Absent or 0 leaves mtu, advmss and priority to the kernel; absent leaves table and scope. */
export type Route = {
  /** The destination with its prefix length. */
  readonly dst: string;
  readonly gw?: string | undefined;
  readonly mtu?: number | undefined;
  readonly advmss?: number | undefined;
  readonly priority?: number | undefined;
  readonly table?: number | undefined;
  readonly scope?: number | undefined;
};

/** What the container's resolver should use. Nothing here configures it; the runtime may. */
export type Dns = {
  readonly nameservers?: readonly string[] | undefined;
  readonly domain?: string | undefined;
  readonly search?: readonly string[] | undefined;
  readonly options?: readonly string[] | undefined;
};

/** What ADD answers, in the shape of the newest version (SPEC 1.1.0, section 5, "Success"). */
export type Result = {
  readonly interfaces: readonly Interface[];
  readonly ips: readonly IpConfig[];
  readonly routes: readonly Route[];
  readonly dns: Dns;
};

/** Why a result cannot be shown in this version, or undefined when it can. To be asked before anything is changed. */
export function resultFormatProblem(
  { hasAddress }: { readonly hasAddress: boolean },
  version: CniVersion,
): string | undefined {
  if (hasAddress || !isAddressCentred(version)) return undefined;
  return `cniVersion ${version} cannot show a result without an IP address, 0.3.0 and newer can`;
}

/** Up to 0.2.0 a result is one address per family and no interfaces. */
export function isAddressCentred(version: CniVersion): boolean {
  return compareVersions(version, '0.3.0') < 0;
}

/**
 * The JSON document of a result in the given version, with the keys in the order that the reference plugins print.
 *
 * @throws CniError 7 when the version cannot show it (resultFormatProblem).
 */
export function formatResult(result: Result, version: CniVersion): string {
  const problem = resultFormatProblem({ hasAddress: result.ips.length > 0 }, version);
  if (problem !== undefined) throw new CniError(errorCode.invalidConfig, problem);
  return JSON.stringify({ cniVersion: version, ...body(result, version) }, undefined, 4);
}

function body(result: Result, version: CniVersion): object {
  if (isAddressCentred(version)) return addressCentredBody(result);
  return compareVersions(version, '1.0.0') < 0 ? versionedBody(result) : currentBody(result);
}

function addressCentredBody({ ips, routes, dns }: Result): object {
  const of = (family: Family) => {
    const ip = ips.find(({ address }) => familyOf(address) === family);
    if (ip === undefined) return undefined;
    const own = routes.filter(({ dst }) => familyOf(dst) === family);
    const shown = own.map(({ dst, gw }) => ({ dst, gw: filled(gw) }));
    return {
      ip: ip.address,
      gateway: filled(ip.gateway),
      routes: filled(shown),
    };
  };
  return { ip4: of('4'), ip6: of('6'), dns: versionedDns(dns) };
}

function versionedBody({ interfaces, ips, routes, dns }: Result): object {
  return {
    interfaces: filled(
      interfaces.map(({ name, mac, sandbox }) => ({
        name,
        mac: filled(mac),
        sandbox: filled(sandbox),
      })),
    ),
    ips: filled(
      ips.map((ip) => ({
        version: familyOf(ip.address),
        interface: ip.interface,
        address: ip.address,
        gateway: filled(ip.gateway),
      })),
    ),
    routes: filled(
      routes.map(({ dst, gw, mtu, advmss, priority, table, scope }) => ({
        dst,
        gw: filled(gw),
        mtu: mtu || undefined,
        advmss: advmss || undefined,
        priority: priority || undefined,
        table,
        scope,
      })),
    ),
    dns: versionedDns(dns),
  };
}

function versionedDns({ nameservers, domain, search, options }: Dns): object {
  return {
    nameservers: filled(nameservers),
    domain: filled(domain),
    search: filled(search),
    options: filled(options),
  };
}

function currentBody({ interfaces, ips, routes, dns }: Result): object {
  const { nameservers, domain, search, options } = versionedDns(dns) as Dns;
  const isDnsFilled = [nameservers, domain, search, options].some((part) => part !== undefined);
  return {
    dns: isDnsFilled ? { domain, nameservers, options, search } : undefined,
    interfaces: filled(
      interfaces.map(({ mac, mtu, name, pciID, sandbox, socketPath }) => ({
        mac: filled(mac),
        mtu: mtu || undefined,
        name,
        pciID: filled(pciID),
        sandbox: filled(sandbox),
        socketPath: filled(socketPath),
      })),
    ),
    ips: filled(
      ips.map((ip) => ({
        address: ip.address,
        gateway: filled(ip.gateway),
        interface: ip.interface,
      })),
    ),
    routes: filled(
      routes.map(({ advmss, dst, gw, mtu, priority, scope, table }) => ({
        advmss: advmss || undefined,
        dst,
        gw: filled(gw),
        mtu: mtu || undefined,
        priority: priority || undefined,
        scope,
        table,
      })),
    ),
  };
}

type Family = '4' | '6';

function familyOf(address: string): Family {
  return address.includes(':') ? '6' : '4';
}

function filled<Value extends { readonly length: number }>(value: Value | undefined): Value | undefined {
  return value === undefined || value.length === 0 ? undefined : value;
}
