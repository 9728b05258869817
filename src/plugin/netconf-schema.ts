import * as z from 'zod/mini';
import { dnsSchema } from '../cni/foreign-result.ts';
import { boolean, fields, integer, parsedText, text } from '../cni/json.ts';
import { ifnameProblem } from '../cni/request.ts';
import { macRule, readMac } from './cni-args.ts';

/** include/uapi/linux/if_ether.h: ETH_MIN_MTU and ETH_MAX_MTU, which a veth allows. */
const MIN_MTU = 68;
const MAX_MTU = 65535;

/** The keys of the network configuration but `vlanTrunk`, their types and ranges. What holds between keys is in netconf-rules. */
export function netConfSchema() {
  const flag = z.optional(boolean());
  const mac = z.optional(parsedText((value) => (value === '' ? '' : readMac(value)), macRule));
  const mtuRule = `must be 0 (the kernel's default) or a whole number from ${MIN_MTU} to ${MAX_MTU}`;
  return fields({
    bridge: z.optional(parsedText(linkName, LINK_NAME_RULE)),
    vlan: z.optional(integer({ min: 0, max: 4094 })),
    preserveDefaultVlan: flag,
    vlanFiltering: z.optional(parsedText(filteringMode, 'must be "require" or "enable"')),
    mtu: z.optional(z.custom<number>(isMtu, { error: mtuRule })),
    mac,
    isGateway: flag,
    isDefaultGateway: flag,
    forceAddress: flag,
    ipMasq: flag,
    ipMasqBackend: z.optional(parsedText(masqueradeBackend, 'must be "nftables", "iptables" or empty')),
    hairpinMode: flag,
    promiscMode: flag,
    portIsolation: flag,
    macspoofchk: flag,
    enabledad: flag,
    disableContainerInterface: flag,
    dns: z.optional(dnsSchema()),
    ipam: z.optional(fields({ type: z.optional(text()) })),
    args: z.optional(fields({ cni: z.optional(fields({ mac })) })),
    runtimeConfig: z.optional(fields({ mac })),
  });
}

const LINK_NAME_RULE =
  'must be a link name: 1 to 15 bytes, not "." or "..", without "/", ":", "%", white space and control characters';

function linkName(name: string): string | undefined {
  return ifnameProblem(name) === undefined ? name : undefined;
}

function isMtu(value: unknown): boolean {
  return typeof value === 'number' && (value === 0 || (value >= MIN_MTU && value <= MAX_MTU));
}

function filteringMode(value: string): 'require' | 'enable' | undefined {
  return value === 'require' || value === 'enable' ? value : undefined;
}

function masqueradeBackend(value: string): 'nftables' | 'iptables' | '' | undefined {
  return value === 'nftables' || value === 'iptables' || value === '' ? value : undefined;
}
