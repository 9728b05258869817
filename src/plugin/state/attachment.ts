import { formatMac } from '../../inet/mac.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { sha256 } from '../../sys/sha256.ts';

/** One container interface on one network: what CNI calls an attachment. */
export type Attachment = {
  readonly network: string;
  readonly containerId: string;
  readonly ifname: string;
};

/** How the host's end of an attachment is recognised, with nothing known but the attachment. */
export type HostEnd = {
  /** "veth" and 11 characters that stand for the attachment: 15 bytes, the longest name a link can have. */
  readonly hostName: string;
  /** Link-layer address of the host end, locally administered, the same for the same attachment. */
  readonly hostMac: Buffer;
  /** The attachment in plain text, cut to what the kernel keeps. */
  readonly alias: string;
};

/** As much of an hostEnd as is known where nothing but the name of the host end is. */
export type NamedHostEnd = Pick<HostEnd, 'hostName'>;

const ALIAS_START = 'vlan-bridge: ';

/** include/uapi/linux/if.h: IFALIASZ is 256 with the closing zero byte. */
const MAX_ALIAS_BYTES = 255;

/** Names the host end of an attachment. */
export function hostEndOf({ network, containerId, ifname }: Attachment): HostEnd {
  const digest = sha256(Buffer.from([network, containerId, ifname].join('\0')));
  return {
    hostName: `veth${base32(digest.readBigUInt64BE(0) >> 9n)}`,
    hostMac: Buffer.concat([Buffer.from([0x02]), digest.subarray(7, 12)]),
    alias: cut(`${ALIAS_START}${ifname} of container ${containerId}, network ${network}`),
  };
}

/**
 * Whether the link is the host end of this attachment: by its alias, or by its address where the process that made it was
 * killed before it could set the alias.
 */
export function isHostEndOf(hostEnd: HostEnd, link: Link): boolean {
  if (link.kind !== 'veth' || link.name !== hostEnd.hostName) return false;
  return link.alias === undefined ? link.mac === formatMac(hostEnd.hostMac) : link.alias === hostEnd.alias;
}

/** Whether the alias was given by this plugin. */
function isOurAlias(alias: string): boolean {
  return alias.startsWith(ALIAS_START);
}

/** Whether the alias is that of an attachment to the network; one that was cut does not tell, and counts as no. */
export function isOnNetwork(alias: string, network: string): boolean {
  return (
    isOurAlias(alias) && Buffer.byteLength(alias) < MAX_ALIAS_BYTES && alias.endsWith(`, network ${network}`)
  );
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** 55 bits as 11 characters. */
function base32(bits: bigint): string {
  const digits = bits.toString(32).padStart(11, '0');
  return digits.replace(/./g, (digit) => BASE32.charAt(Number.parseInt(digit, 32)));
}

/** Interface names may hold characters of several bytes: the cut must not leave half of one. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= MAX_ALIAS_BYTES
    ? text
    : bytes
        .subarray(0, MAX_ALIAS_BYTES)
        .toString('utf8')
        .replace(/\uFFFD+$/, '');
}
