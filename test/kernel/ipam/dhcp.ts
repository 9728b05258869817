import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { type Background, startBackground } from '../../helpers/background.ts';
import { type Cleanup, exec, type Netns } from '../../helpers/netns.ts';

export type DhcpServer = {
  /** Its only address, and the remaining lease time as `dumpleases` prints it: a time, or `expired`. */
  readonly lease: () => Promise<string>;
};

/** The default socket of the dhcp plugin's daemon. */
const DAEMON_SOCKET = '/run/cni/dhcp.sock';

/**
 * Starts the daemon of Debian's dhcp plugin in the node's network namespace. A request without an answer fails after about ten
 * seconds: a server needs two seconds to probe that the address is free.
 */
export async function startDhcpDaemon(node: Netns, cleanup: Cleanup): Promise<Background> {
  cleanup(async () => rmSync(DAEMON_SOCKET, { force: true }));
  const options = ['-timeout', '6s', '-resendmax', '1s'];
  const daemon = startBackground(node, ['/usr/lib/cni/dhcp', 'daemon', ...options], cleanup);
  await vi.waitFor(() => exec(node, 'test', ['-S', DAEMON_SOCKET]), { timeout: 20_000, interval: 100 });
  return daemon;
}

/** Starts a DHCP server, busybox's, on `eth0` of the namespace: /24, one address; the server is the router. */
export async function startDhcpServer(
  netns: Netns,
  { server, only }: { readonly server: string; readonly only: string },
  cleanup: Cleanup,
): Promise<DhcpServer> {
  const folder = mkdtempSync('/run/dhcp-server-');
  cleanup(async () => rmSync(folder, { recursive: true }));
  const leases = join(folder, 'leases');
  const lines = [
    `start ${only}`,
    `end ${only}`,
    'interface eth0',
    `lease_file ${leases}`,
    `pidfile ${join(folder, 'pid')}`,
    'option subnet 255.255.255.0',
    `option router ${server}`,
    'option lease 600',
  ];
  writeFileSync(leases, '');
  writeFileSync(join(folder, 'conf'), `${lines.join('\n')}\n`);
  const daemon = startBackground(netns, ['busybox', 'udhcpd', '-f', join(folder, 'conf')], cleanup);
  await daemon.until(/started/, 20_000);
  return {
    lease: async () => {
      // SIGUSR1 makes the server write the file.
      await exec(netns, 'sh', ['-c', `kill -USR1 "$(cat ${join(folder, 'pid')})"`]);
      const shown = await exec(netns, 'busybox', ['dumpleases', '-f', leases]);
      return shown.split('\n').slice(1).join('\n');
    },
  };
}
