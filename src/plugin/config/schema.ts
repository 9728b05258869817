import * as z from 'zod/mini';
import { dnsSchema } from '../../cni/foreign-result.ts';
import { ifnameProblem } from '../../cni/request.ts';
import { boolean, ignored, integer, parsedText, text } from '../../cni/schema.ts';
import { readSection } from '../../cni/section.ts';
import { requestedIps, staticSection } from '../../ipam/static.ts';
import { macRule, readMac } from './cni-args.ts';
import { uplinkSchema } from './uplink.ts';
import { vlanTrunkSchema } from './vlan-trunk.ts';

/** include/uapi/linux/if_ether.h: ETH_MIN_MTU and ETH_MAX_MTU, the limits of a veth. */
const MIN_MTU = 68;
const MAX_MTU = 65535;

/**
 * The keys of the network configuration, with the types and ranges of their values. rules.ts has the rules between keys.
 * @param isStatic whether IPAM is static. Only static IPAM reads addresses and routes here: another IPAM plugin may give these keys
 * another meaning.
 */
export function netConfSection(isStatic: boolean) {
  return isStatic ? STATIC : OTHER;
}

function makeSection(isStatic: boolean) {
  const mac = () => parsedText((value) => (value === '' ? '' : readMac(value)), macRule);
  const ips = () => (isStatic ? requestedIps() : ignored());
  const mtuRule = `must be 0 (the kernel's default) or a whole number from ${MIN_MTU} to ${MAX_MTU}`;
  return {
    bridge: () => parsedText(linkName, LINK_NAME_RULE),
    vlan: () => integer({ min: 0, max: 4094 }),
    preserveDefaultVlan: boolean,
    vlanFiltering: () => parsedText(filteringMode, 'must be "require" or "enable"'),
    mtu: () => z.custom<number>(isMtu, { error: mtuRule }),
    mac,
    isGateway: boolean,
    isDefaultGateway: boolean,
    forceAddress: boolean,
    ipMasq: boolean,
    ipMasqBackend: () => parsedText(masqueradeBackend, 'must be "nftables", "iptables" or empty'),
    hairpinMode: boolean,
    promiscMode: boolean,
    portIsolation: boolean,
    macspoofchk: boolean,
    enabledad: boolean,
    disableContainerInterface: boolean,
    dns: dnsSchema,
    args: { cni: { mac, ips } },
    runtimeConfig: { mac, ips },
    vlanTrunk: vlanTrunkSchema,
    uplink: uplinkSchema,
    ipam: {
      type: text,
      ...(isStatic ? staticSection : { addresses: ignored, routes: ignored, dns: ignored }),
    },
  };
}

const STATIC = makeSection(true);
const OTHER = makeSection(false);

/** Reads `ipam.type` before any other key. Returns the empty string when the key is absent or not text. */
export function ipamTypeOf(config: unknown): string {
  return readSection(IPAM_TYPE, config).data.ipam?.type ?? '';
}

const IPAM_TYPE = { ipam: { type: text } };

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
