import { readSysctl, writeSysctl } from '../../sys/sysctl.ts';

/**
 * Lets the host forward packets of these families, as `sysctl net.ipv4.ip_forward=1` does. For the whole host, and for good:
 * who else relies on it cannot be known.
 */
export function enableForwarding(families: ReadonlySet<4 | 6>): void {
  for (const family of families) {
    const path = FORWARDING_SETTING[family];
    if (readSysctl(path) !== '1') writeSysctl(path, 1);
  }
}

/** Where the host's forwarding is switched, by family. */
export const FORWARDING_SETTING = { 4: 'net/ipv4/ip_forward', 6: 'net/ipv6/conf/all/forwarding' } as const;
