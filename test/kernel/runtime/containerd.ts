import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Background, startBackground } from '../../helpers/background.ts';
import { type Cleanup, exec, type Netns } from '../../helpers/netns.ts';
import { makeImage } from './container-image.ts';

/** Debian's containerd, with its files in a private folder and its processes in the node's network namespace. */
export type Containerd = {
  /** Runs `ctr` and returns its stdout. @throws Error with its output unless it exits with 0 */
  readonly ctr: (...args: readonly string[]) => Promise<string>;
  /** Runs a container that sleeps, attached by the network configuration list. */
  readonly start: (name: string, conflist: object) => Promise<Container>;
};

export type Container = {
  readonly name: string;
  readonly netns: Netns;
  /** Kills the container and waits for the cleanup of the runtime. Returns the output of `ctr`. */
  readonly stop: () => Promise<string>;
};

const BOOT_TIMEOUT_MS = 60_000;
const START_TIMEOUT_MS = 90_000;

/** Starts containerd; `plugins` are the executables for /opt/cni/bin. The cleanup ends it and its containers. */
export async function startContainerd(
  node: Netns,
  plugins: readonly string[],
  cleanup: Cleanup,
): Promise<Containerd> {
  const folder = mkdtempSync('/run/containerd-');
  cleanup(async () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'bin'));
  for (const plugin of plugins) symlinkSync(plugin, join(folder, 'bin', plugin.replace(/.*\//, '')));
  writeFileSync(join(folder, 'config.toml'), configuration(folder));
  const daemon = startMounting(node, ['sh', '-c', DAEMON, 'sh', join(folder, 'config.toml')], cleanup);
  await daemon.until(/containerd successfully booted/, BOOT_TIMEOUT_MS);
  const socket = ['--address', join(folder, 'socket')];
  const ctr = (...args: readonly string[]): Promise<string> => exec(node, 'ctr', [...socket, ...args]);
  const image = await makeImage(node, folder);
  await ctr('image', 'import', image.file);
  return {
    ctr,
    start: async (name, conflist) => {
      const command = ['ctr', ...socket, 'run', '--rm', '--cni', '--pid-file', join(folder, `${name}.pid`)];
      const container = ['sh', '-c', 'echo started; exec sleep 600'];
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, '10-net.conflist'), JSON.stringify(conflist));
      const script = ['sh', '-c', PRIVATE_FOLDERS, 'sh', folder, name];
      const words = [...script, ...command, image.name, name, ...container];
      const process = startMounting(node, words, cleanup);
      await process.until(/started/, START_TIMEOUT_MS);
      const netns = nameNetns(
        `${node.name}-${name}`,
        readFileSync(join(folder, `${name}.pid`), 'utf8'),
        cleanup,
      );
      const stop = async (): Promise<string> => {
        await ctr('task', 'kill', '--signal', 'KILL', name);
        return process.ended();
      };
      return { name, netns, stop };
    },
  };
}

/** A network namespace's own /sys has no control groups. */
const DAEMON = `
mountpoint -q /sys/fs/cgroup || mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec containerd --config "$1"`;

/**
 * `ctr` runs the plugins itself. It looks for them in /opt/cni/bin, for their configuration in /etc/cni/net.d, and keeps results
 * in /var/lib/cni: folders of this machine that the test must not change.
 */
const PRIVATE_FOLDERS = `
set -e
folder=$1 name=$2
shift 2
for covered in /etc /opt /var/lib; do mount -t tmpfs tmpfs "$covered"; done
mkdir -p /etc/cni/net.d /opt/cni/bin
mount --bind "$folder/$name" /etc/cni/net.d
mount --bind "$folder/bin" /opt/cni/bin
exec "$@"`;

/** Gives the network namespace of a process a name, which does not keep the namespace alive. */
function nameNetns(name: string, pid: string, cleanup: Cleanup): Netns {
  const path = `/run/netns/${name}`;
  symlinkSync(`/proc/${pid.trim()}/ns/net`, path);
  cleanup(async () => rmSync(path));
  return { name, path };
}

/** Enables only the plugins that a container needs. The disabled ones need other file systems, or write outside of the folder. */
function configuration(folder: string): string {
  const disabled = [
    'io.containerd.grpc.v1.cri',
    'io.containerd.internal.v1.opt',
    'io.containerd.internal.v1.tracing',
    'io.containerd.snapshotter.v1.aufs',
    'io.containerd.snapshotter.v1.btrfs',
    'io.containerd.snapshotter.v1.devmapper',
    'io.containerd.snapshotter.v1.zfs',
    'io.containerd.tracing.processor.v1.otlp',
  ];
  return [
    'version = 2',
    `root = "${folder}/root"`,
    `state = "${folder}/state"`,
    `disabled_plugins = ${JSON.stringify(disabled)}`,
    '[grpc]',
    `address = "${folder}/socket"`,
    '',
  ].join('\n');
}

/** A process in the node's network namespace and in a mount namespace of its own. */
function startMounting(node: Netns, words: readonly string[], cleanup: Cleanup): Background {
  return startBackground(node, ['unshare', '--mount', '--propagation', 'private', ...words], cleanup);
}
