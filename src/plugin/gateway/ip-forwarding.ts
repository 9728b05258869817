import { readSysctl, writeSysctl } from '../../sys/sysctl.ts';

/**
 * Enables IP forwarding of these families for the whole host, as `sysctl net.ipv4.ip_forward=1` does. No call reverts it: other
 * programs may rely on forwarding.
 * @throws SyscallError when the file cannot be written
 */
export function enableForwarding(families: ReadonlySet<4 | 6>): void {
  for (const family of families) {
    const path = FORWARDING_SETTING[family];
    if (readSysctl(path) !== '1') writeSysctl(path, 1);
  }
}

/** The sysctl of IP forwarding for each family. */
export const FORWARDING_SETTING = { 4: 'net/ipv4/ip_forward', 6: 'net/ipv6/conf/all/forwarding' } as const;
