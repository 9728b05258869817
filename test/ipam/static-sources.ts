import { parseJson } from '../../src/cni/json.ts';
import { readSection } from '../../src/cni/section.ts';
import { type Cidr, formatCidr, formatIp, type Ip, parseCidr, parseIp } from '../../src/inet/cidr.ts';
import type { IpamResult } from '../../src/ipam/ipam.ts';
import { readStatic, requestedIps, staticSection } from '../../src/ipam/static.ts';

export type Asked = { readonly ips?: readonly string[]; readonly gateways?: readonly string[] };

const section = {
  args: { cni: { ips: requestedIps } },
  runtimeConfig: { ips: requestedIps },
  ipam: staticSection,
};

export function readWith(config: object, { ips = [], gateways = [] }: Asked = {}) {
  const { data, problems } = readSection(section, parseJson(JSON.stringify(config), 'network configuration'));
  const reading = readStatic({
    ipam: data.ipam ?? {},
    argsIps: data.args?.cni?.ips,
    runtimeConfigIps: data.runtimeConfig?.ips,
    cniArgs: {
      ips: ips.map((text) => parseCidr(text) as Cidr),
      gateways: gateways.map((text) => parseIp(text) as Ip),
    },
  });
  const all = [...problems.map(({ line }) => line), ...(reading.problems ?? [])];
  return all.length > 0 ? { problems: all } : { data: reading.data };
}

/** What a configuration without problems says. */
export function knownOf(config: object, asked?: Asked): IpamResult {
  const { data, problems } = readWith(config, asked);
  if (data === undefined) throw new Error(problems?.join('; '));
  return data;
}

/** The addresses with their gateways, as text. */
export function ipsOf(config: object, asked?: Asked) {
  return knownOf(config, asked).ips.map(({ cidr, gateway }) => [
    formatCidr(cidr),
    gateway && formatIp(gateway),
  ]);
}

export const ipam = {
  type: 'static',
  addresses: [{ address: '10.0.0.2/24', gateway: '10.0.0.1' }, { address: 'fd00::2/64' }],
};
export const args = { cni: { ips: ['10.1.0.2/24'] } };
export const runtimeConfig = { ips: ['10.2.0.2/24', 'fd02::2/64'] };
