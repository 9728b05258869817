/**
 * Parses a link-layer address of six octets, written with colons, hyphens (`02-00-5e-10-00-01`) or dots (`0200.5e10.0001`).
 * Returns `undefined` for any other text.
 */
export function parseMac(text: string): Buffer | undefined {
  const isMac =
    /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ||
    /^[0-9a-f]{2}(-[0-9a-f]{2}){5}$/i.test(text) ||
    /^[0-9a-f]{4}(\.[0-9a-f]{4}){2}$/i.test(text);
  return isMac ? Buffer.from(text.replace(/[:.-]/g, ''), 'hex') : undefined;
}

/** Formats a link-layer address in lower-case hex with colons, as the kernel and the other CNI plugins print it. */
export function formatMac(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/..(?!$)/g, '$&:');
}

/** Whether a link may have this address: neither multicast nor all zeros (the kernel's is_valid_ether_addr). */
export function isUnicastMac(bytes: Uint8Array): boolean {
  return ((bytes[0] ?? 0) & multicastBit) === 0 && bytes.some((byte) => byte !== 0);
}

/** Makes a locally administered unicast address from six random bytes (the kernel's eth_random_addr). */
export function randomMac(randomBytes: Uint8Array): Buffer {
  const mac = Buffer.from(randomBytes.subarray(0, 6));
  mac.writeUInt8((mac.readUInt8(0) & ~multicastBit) | localBit, 0);
  return mac;
}

const multicastBit = 0x01;
const localBit = 0x02;
