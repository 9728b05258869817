import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { executable } from './run-plugin.ts';

/**
 * Has a shell script start the plugin, for the rest of the test or until the returned function is called. In the script "$@" is
 * the plugin; there is no PATH.
 */
export function startPluginBy(script: string): () => void {
  const folder = temporaryFolder();
  const wrapper = join(folder, 'plugin');
  writeFileSync(wrapper, `#!/bin/sh\nset -e -- '${executable()}'\n${script}\n`, { mode: 0o755 });
  vi.stubEnv('VLAN_BRIDGE_EXECUTABLE', wrapper);
  onTestFinished(() => void vi.unstubAllEnvs());
  return () => void vi.unstubAllEnvs();
}

/** Keeps programs of the host from the plugin, by a private mount over each. They must be installed. */
export function hidePrograms(...paths: readonly string[]): () => void {
  const mounts = paths.map((path) => `/bin/mount --bind /dev/null ${path}`).join(' && ');
  return startPluginBy(
    `exec /usr/bin/unshare --mount --propagation private /bin/sh -c '${mounts} && exec "$@"' sh "$@"`,
  );
}

/** Has the kernel kill the plugin when it is about to make the nth system call of that name. */
export function killAt(systemCall: string, nth: number): () => void {
  const inject = `--trace=${systemCall} --inject=${systemCall}:signal=SIGKILL:when=${nth}`;
  return startPluginBy(`exec /usr/bin/strace --follow-forks --quiet=all --output=/dev/null ${inject} "$@"`);
}

/** A folder with an executable of that name and these lines of shell, removed at the end of the test. */
export function folderWithProgram(name: string, lines: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return folder;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vlan-bridge-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
