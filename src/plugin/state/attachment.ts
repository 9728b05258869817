import { formatMac } from '../../inet/mac.ts';
import type { Link } from '../../rtnetlink/link-info.ts';
import { sha256 } from '../../sys/sha256.ts';

/** An attachment (SPEC 1.1.0, section 2): one link of a container on one network. */
export type Attachment = {
  readonly network: string;
  readonly containerId: string;
  readonly ifname: string;
};

/** The host end of an attachment. All fields are computed from the attachment alone. */
export type HostEnd = {
  /** "veth" and 11 characters of a hash of the attachment: 15 bytes, the longest name of a link. */
  readonly hostName: string;
  /** Link-layer address of the host end, locally administered, the same for the same attachment. */
  readonly hostMac: Buffer;
  /** The attachment in plain text, cut to the longest alias of the kernel. */
  readonly alias: string;
};

/** A host end of which only the name is known, for example from the name of a lock file. */
export type NamedHostEnd = Pick<HostEnd, 'hostName'>;

const ALIAS_START = 'vlan-bridge: ';

/** include/uapi/linux/if.h: IFALIASZ is 256 with the closing zero byte. */
const MAX_ALIAS_BYTES = 255;

/** Computes the host end of an attachment. */
export function hostEndOf({ network, containerId, ifname }: Attachment): HostEnd {
  const digest = sha256(Buffer.from([network, containerId, ifname].join('\0')));
  return {
    hostName: `veth${base32(digest.readBigUInt64BE(0) >> 9n)}`,
    hostMac: Buffer.concat([Buffer.from([0x02]), digest.subarray(7, 12)]),
    alias: cut(`${ALIAS_START}${ifname} of container ${containerId}, network ${network}`),
  };
}

/**
 * Whether the link is the host end of this attachment, by its alias. Without an alias its link-layer address decides: the ADD may have
 * been killed before it set the alias.
 */
export function isHostEndOf(hostEnd: HostEnd, link: Link): boolean {
  if (link.kind !== 'veth' || link.name !== hostEnd.hostName) return false;
  return link.alias === undefined ? link.mac === formatMac(hostEnd.hostMac) : link.alias === hostEnd.alias;
}

/** Whether this plugin set the alias. */
function isOurAlias(alias: string): boolean {
  return alias.startsWith(ALIAS_START);
}

/** Whether the alias names an attachment to the network. False for a cut alias, which may lack the network's name. */
export function isOnNetwork(alias: string, network: string): boolean {
  return (
    isOurAlias(alias) && Buffer.byteLength(alias) < MAX_ALIAS_BYTES && alias.endsWith(`, network ${network}`)
  );
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Writes 55 bits as 11 characters. */
function base32(bits: bigint): string {
  const digits = bits.toString(32).padStart(11, '0');
  return digits.replace(/./g, (digit) => BASE32.charAt(Number.parseInt(digit, 32)));
}

/** Cuts the text to the longest alias. A name may have characters of several bytes; the cut must not split one. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= MAX_ALIAS_BYTES
    ? text
    : bytes
        .subarray(0, MAX_ALIAS_BYTES)
        .toString('utf8')
        .replace(/\uFFFD+$/, '');
}
