/** An IP address without a prefix: 4 or 16 bytes in network order. An IPv4-mapped IPv6 address is stored as IPv4. */
export type Ip = { readonly family: 4 | 6; readonly bytes: Uint8Array };

/** An address and the length of its network prefix in bits. The host bits are kept. */
export type Cidr = { readonly ip: Ip; readonly prefixLength: number };

/**
 * Parses an address as Go's net.ParseIP does: no leading zeros in IPv4 octets, no zone, `::ffff:10.0.0.7` is 10.0.0.7.
 * Returns `undefined` when the text is not an address.
 */
export function parseIp(text: string): Ip | undefined {
  const bytes = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  if (bytes === undefined) return undefined;
  if (isMapped(bytes)) return { family: 4, bytes: bytes.subarray(12) };
  return { family: bytes.length === 4 ? 4 : 6, bytes };
}

function parseIpv4(text: string): Uint8Array | undefined {
  const octets = text.split('.');
  if (
    octets.length !== 4 ||
    !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255)
  ) {
    return undefined;
  }
  return new Uint8Array(octets.map(Number));
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 16 ? new Uint8Array(head) : undefined;
  // "::" stands for at least one group of zeros.
  if (tail === undefined || head.length + tail.length > 14) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** Parses groups with ":" between them to bytes. The last group of an address may be written as IPv4. */
function parseGroups(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes = groups.map((group, index): Iterable<number> | undefined => {
    if (isLast && index === groups.length - 1 && group.includes('.')) return parseIpv4(group);
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
  return bytes.every((group) => group !== undefined) ? bytes.flatMap((group) => [...group]) : undefined;
}

/** Whether the address is in ::ffff:0:0/96 (RFC 4291, section 2.5.5.2). */
function isMapped(bytes: Uint8Array): boolean {
  return (
    bytes.length === 16 &&
    bytes.subarray(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 255 &&
    bytes[11] === 255
  );
}

/** Formats an address as canonical text: RFC 5952 for IPv6. */
export function formatIp({ family, bytes }: Ip): string {
  if (family === 4) return bytes.join('.');
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0),
  );
  const run = longestZeroRun(groups);
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

/** Finds the first of the longest runs of zero groups. */
function longestZeroRun(groups: readonly number[]): {
  readonly start: number;
  readonly length: number;
} {
  let longest = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) longest = { start: index - length + 1, length };
  }
  return longest;
}

/**
 * Parses `address/prefixLength` as Go's net.ParseCIDR does: the prefix length may have leading zeros, and that of an
 * IPv4-mapped address counts from bit 96 (`::ffff:10.0.0.7/120` is 10.0.0.7/24). Returns `undefined` for any other text, and
 * for a mapped prefix shorter than 96 bits, which no IPv4 prefix can express.
 */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', prefix = '', ...more] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined || more.length > 0 || !/^\d+$/.test(prefix)) return undefined;
  const isMappedText = ip.family === 4 && address.includes(':');
  const prefixLength = Number(prefix) - (isMappedText ? 96 : 0);
  return prefixLength >= 0 && prefixLength <= ip.bytes.length * 8 ? { ip, prefixLength } : undefined;
}

/** Formats `address/prefixLength` in canonical text. */
export function formatCidr({ ip, prefixLength }: Cidr): string {
  return `${formatIp(ip)}/${prefixLength}`;
}

/** Returns the network of an address: the same prefix with all host bits zero. */
export function maskCidr({ ip, prefixLength }: Cidr): Cidr {
  const bytes = ip.bytes.map((byte, index) => byte & maskByte(prefixLength, index));
  return { ip: { family: ip.family, bytes }, prefixLength };
}

/** Returns byte `index` of the netmask of a prefix. */
function maskByte(prefixLength: number, index: number): number {
  const ones = Math.min(8, Math.max(0, prefixLength - 8 * index));
  return (0xff00 >> ones) & 0xff;
}

/** Whether the address is in the network. False when the families differ. */
export function contains(network: Cidr, ip: Ip): boolean {
  const { prefixLength } = network;
  return ip.family === network.ip.family && sameIp(maskCidr(network).ip, maskCidr({ ip, prefixLength }).ip);
}

/** Whether both addresses are equal and of the same family. */
export function sameIp(a: Ip, b: Ip): boolean {
  return a.family === b.family && a.bytes.every((byte, index) => byte === b.bytes[index]);
}

/** Returns the broadcast address of an IPv4 network: all host bits one. Networks with prefix 31 or 32 have none (RFC 3021). */
export function broadcastOf({ ip, prefixLength }: Cidr): Ip {
  const bytes = ip.bytes.map((byte, index) => byte | (~maskByte(prefixLength, index) & 0xff));
  return { family: ip.family, bytes };
}

/** Returns the first host of the network: the network's address plus one, the usual address of a gateway. */
export function firstHostOf(cidr: Cidr): Ip {
  const { ip } = maskCidr(cidr);
  const bytes = new Uint8Array(ip.bytes);
  for (let index = bytes.length - 1; index >= 0; index -= 1) {
    const next = ((bytes[index] ?? 0) + 1) & 0xff;
    bytes[index] = next;
    if (next !== 0) break;
  }
  return { family: ip.family, bytes };
}

/** Whether the two networks have an address in common. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, b.ip) || contains(b, a.ip);
}
