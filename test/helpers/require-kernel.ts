import { release } from 'node:os';
import { execa } from 'execa';
import { beforeAll } from 'vitest';
import { bridgeJson, createNetns, deleteNetns } from './netns.ts';

/**
 * Fails every test of the file, rather than skip it, on a kernel whose bridges cannot filter VLANs
 * (CONFIG_BRIDGE_VLAN_FILTERING).
 */
export function requireVlanFiltering(): void {
  beforeAll(async () => {
    if (await canFilterVlans()) return;
    throw new Error(
      'this kernel cannot filter VLANs on bridges (CONFIG_BRIDGE_VLAN_FILTERING); run the test in scripts/vm',
    );
  });
}

/** Whether this kernel can filter VLANs: it lists a filtering bridge with the bridge's default VLAN. */
export async function canFilterVlans(): Promise<boolean> {
  const cleanups: (() => Promise<void>)[] = [];
  const netns = await createNetns('probe', (fn) => cleanups.push(fn));
  try {
    const lines = 'link add probe0 type bridge vlan_filtering 1 vlan_default_pvid 7';
    const { exitCode } = await execa('ip', ['-n', netns.name, ...lines.split(' ')], { reject: false });
    if (exitCode !== 0) return false;
    const vlans = await bridgeJson(netns, 'vlan', 'show', 'dev', 'probe0');
    const listed = [{ ifname: 'probe0', vlans: [{ vlan: 7, flags: ['PVID', 'Egress Untagged'] }] }];
    return JSON.stringify(vlans) === JSON.stringify(listed);
  } finally {
    await deleteNetns(netns);
  }
}

/** Whether the kernel is older than the version, by `uname -r`. */
export function isLinuxBefore(major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = release()
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
}
