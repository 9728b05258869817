import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNetns, fileCleanup, type Netns } from '../helpers/netns.ts';
import { executable, runExecutable } from '../helpers/run-executable.ts';
import { startSleeper } from '../helpers/sleeper.ts';
import { engineVariables } from './engine-variables.ts';

/** ADD in unusual environments: folders, mounts, descriptors, variables. */

const cleanup = fileCleanup();
const folder = mkdtempSync(join(tmpdir(), 'vlan-bridge-environment-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let node: Netns;
let podPid: number;

beforeAll(async () => {
  node = await createNetns('node', cleanup);
  podPid = await startSleeper(await createNetns('pod', cleanup));
});

const config = JSON.stringify({
  cniVersion: '1.0.0',
  name: 'vlan-100',
  type: 'vlan-bridge',
  bridge: 'vlanbr0',
  ipam: { type: 'static', addresses: [{ address: '10.20.1.11/24' }, { address: 'fd00::11/64' }] },
});

/** The output of an ADD that worked. */
const attached = {
  ips: [
    { address: '10.20.1.11/24', interface: 2 },
    { address: 'fd00::11/64', interface: 2 },
  ],
  stderr: '',
  exitCode: 0,
};

/**
 * Calls ADD from a shell in its own mount namespace. `script` ends with starting the executable, which is "$0". Its environment
 * has only the CNI variables and `env`.
 */
function add(ifname: string, script: string, env: Readonly<Record<string, string>> = {}) {
  // A script may cover /tmp or /run, which may contain the project: /mnt still shows the executable.
  const lines = `PATH=/usr/sbin:/usr/bin:/sbin:/bin; mount --bind "$1" /mnt && ${script}`;
  return runExecutable({
    netns: node.path,
    by: ['/usr/bin/unshare', '--mount', '/bin/sh', '-c', lines],
    program: join('/mnt', basename(executable())),
    args: [dirname(executable())],
    input: config,
    env: {
      CNI_COMMAND: 'ADD',
      CNI_CONTAINERID: 'pod',
      CNI_IFNAME: ifname,
      // Stays valid when a mount covers /run.
      CNI_NETNS: `/proc/${podPid}/ns/net`,
      ...env,
    },
  });
}

function podHas(ifname: string): boolean {
  return new RegExp(`^ *${ifname}:`, 'm').test(readFileSync(`/proc/${podPid}/net/dev`, 'utf8'));
}

const dacless = 'exec setpriv --bounding-set=-dac_override,-dac_read_search "$0"';
const environments = [
  ['with only the CNI variables', 'exec env -u PWD "$0"', {}],
  ['in an unreadable folder', `mkdir ${folder}/shut && cd ${folder}/shut && chmod 0 . && ${dacless}`, {}],
  ['in a folder that allows no new files', 'cd /proc/sys && exec "$0"', {}],
  [
    'with a read-only root, where only /run is writable',
    'mount -t tmpfs tmpfs /run && mount -t tmpfs -o ro tmpfs /tmp && mount -o remount,bind,ro / && exec "$0"',
    {},
  ],
  ['with /tmp mounted noexec', 'mount -t tmpfs -o noexec,nosuid,nodev tmpfs /tmp && exec "$0"', {}],
  ['with a read-only /tmp', 'mount -t tmpfs -o ro tmpfs /tmp && exec "$0"', {}],
  ['with stderr closed', 'exec "$0" 2>&-', {}],
  ['with variables of its engine', 'exec "$0"', engineVariables(folder)],
] as const;

describe('ADD works', () => {
  test.each(environments.map((row, index) => [...row, `net${index}`] as const))(
    '%s',
    async (_what, script, env, ifname) => {
      const { stdout, stderr, exitCode } = await add(ifname, script, env);
      expect({ ips: stdout && JSON.parse(stdout).ips, stderr, exitCode }).toEqual(attached);
      expect(podHas(ifname)).toBe(true);
    },
  );

  test('as one process that writes its result in one call, and writes only locks and kernel settings', async () => {
    const trace = join(folder, 'trace');
    const strace = `strace --seccomp-bpf -f -o ${trace} -e trace=%file,%process,write,writev`;
    const { stdout, stderr, exitCode } = await add('traced0', `exec ${strace} "$0"`);
    expect({ ips: stdout && JSON.parse(stdout).ips, stderr, exitCode }).toEqual(attached);
    const calls = readFileSync(trace, 'utf8').split('\n');
    const matching = (pattern: RegExp) => calls.filter((call) => pattern.test(call));
    expect(matching(/ execve(at)?\(/)).toHaveLength(1);
    expect(matching(/ (clone3?|v?fork)\((?!.*CLONE_THREAD)/)).toEqual([]);
    expect(matching(/ writev?\(1, /)).toHaveLength(1);
    expect(matching(/ writev?\(2, /)).toEqual([]);
    const changing = matching(
      / (creat|mk|rename|unlink|rmdir|link|symlink|truncate|ch|fch)\w*\(|O_(WRONLY|RDWR|CREAT)/,
    );
    const elsewhere = changing.filter((call) => !/"\/(proc\/sys|run)\//.test(call));
    expect(elsewhere).toEqual([]);
    expect(changing.filter((call) => call.includes('"/proc/sys/net/'))).not.toEqual([]);
  });

  test('and leaves lock files with mode 600, even with umask 0', async () => {
    const lockFile = '600 root regular empty file';
    const modes = 'stat -c "%a %U %F" /run/vlan-bridge /run/vlan-bridge/*';
    const script = `umask 0; mount -t tmpfs tmpfs /run && "$0" >/dev/null && ${modes}`;
    expect(await add('locked0', script)).toEqual({
      stdout: `${['700 root directory', lockFile, lockFile].join('\n')}\n`,
      stderr: '',
      exitCode: 0,
    });
  });

  test('with stdout redirected to /dev/null', async () => {
    expect(await add('null0', 'exec "$0" >/dev/null')).toEqual({ stdout: '', stderr: '', exitCode: 0 });
    expect(podHas('null0')).toBe(true);
  });
});

test.each([
  ['is closed', 'unheard0', 'exec "$0" >&-', 'write "stdout": EBADF (it is closed)'],
  ['is full', 'full0', 'exec "$0" >/dev/full', 'write "stdout": ENOSPC (no space left on device)'],
])('ADD fails when stdout %s, without a stack trace', async (_what, ifname, script, error) => {
  const stderr = `vlan-bridge: ${error}\n`;
  expect(await add(ifname, script)).toEqual({ stdout: '', stderr, exitCode: 1 });
  expect(podHas(ifname)).toBe(false);
});

/** The result of each engine in a deleted current folder, before our code runs. */
const inDeletedFolder: Readonly<Record<string, object>> = {
  native: attached,
  pkg: attached,
};

test('ADD in a deleted folder works', async () => {
  const script = `mkdir ${folder}/gone && cd ${folder}/gone && rmdir ${folder}/gone && exec "$0"`;
  const { stdout, stderr, exitCode } = await add('gone0', script);
  const engine = basename(dirname(executable()));
  expect({ ips: stdout && JSON.parse(stdout).ips, stderr, exitCode }).toEqual(inDeletedFolder[engine]);
  expect(podHas('gone0')).toBe(exitCode === 0);
});

test('ADD fails when stdin is closed', async () => {
  const { stdout, stderr, exitCode } = await add('deaf0', 'exec "$0" <&-');
  expect({ error: JSON.parse(stdout), stderr, exitCode }).toEqual({
    error: {
      cniVersion: '1.1.0',
      code: 6,
      msg: 'network configuration is expected on stdin, but stdin is empty',
    },
    stderr: '',
    exitCode: 1,
  });
  expect(podHas('deaf0')).toBe(false);
});

test('variables of the engine create no file', async () => {
  const own = mkdtempSync(join(folder, 'empty-'));
  const env = {
    NODE_V8_COVERAGE: own,
    NODE_REPORT_DIRECTORY: own,
    NODE_REDIRECT_WARNINGS: join(own, 'warnings'),
  };
  expect(await add('quiet0', `"$0" >/dev/null && ls -A ${own}`, env)).toEqual({
    stdout: '',
    stderr: '',
    exitCode: 0,
  });
});
