import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KernelState, kernelState } from '../../helpers/kernel-state.ts';
import { createNetns, fileCleanup, ip, type Netns } from '../../helpers/netns.ts';
import { readProcNet } from '../../helpers/read-proc-net.ts';
import { runPlugin } from '../../helpers/run-plugin.ts';
import { startSleeper } from '../../helpers/sleeper.ts';
import { addressRows } from './addresses.ts';
import { argsRows } from './cni-args.ts';
import { environmentRows } from './environment.ts';
import { ipamRows } from './ipam.ts';
import { linkRows } from './links.ts';
import { macRows } from './mac.ts';
import { netnsRows } from './netns.ts';
import { folder, ownPath, podPath, socketPath } from './paths.ts';
import { protocolRows } from './protocol.ts';
import { base, type Row } from './row.ts';
import { stdinRows } from './stdin.ts';
import { switchRows } from './switches.ts';
import { uplinkRows } from './uplink.ts';
import { vlanRows } from './vlan.ts';

/**
 * What the built executable answers to every kind of wrong input, and that it changes nothing. One file runs all tables: they share
 * two network namespaces, whose whole state is compared once at the end.
 */

const cleanup = fileCleanup();
let node: Netns;
let pod: Netns;
let before: readonly KernelState[];
let sleepers: readonly number[];
let procNetBefore: readonly string[];

const state = () => Promise.all([kernelState(node), kernelState(pod)]);

beforeAll(async () => {
  node = await createNetns('node', cleanup);
  pod = await createNetns('pod', cleanup);
  await ip(node, 'link add wire0 type veth peer name wire1');
  await ip(pod, 'link add taken0 type veth peer name taken1');
  mkdirSync(folder);
  symlinkSync(pod.path, podPath);
  symlinkSync(node.path, ownPath);
  writeFileSync(join(folder, 'file'), '');
  await execa('mkfifo', [join(folder, 'fifo')]);
  const listen =
    'require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, 9))';
  await execa(process.execPath, ['-e', listen, socketPath], { reject: false });
  before = await state();
  sleepers = await Promise.all([node, pod].map(startSleeper));
  procNetBefore = sleepers.flatMap(readProcNet);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tables: readonly (readonly [string, readonly Row[]])[] = [
  ['stdin', stdinRows],
  ['the environment', environmentRows],
  ['names, versions and prevResult', protocolRows],
  ['VLANs', vlanRows],
  ['addresses and routes', addressRows],
  ['link-layer addresses', macRows],
  ['CNI_ARGS', argsRows],
  ['links', linkRows],
  ['network namespaces', netnsRows],
  ['switches and gateways', switchRows],
  ['IPAM plugins', ipamRows],
  ['uplinks', uplinkRows],
];

describe.each(tables)('bad input: %s', (_part, rows) => {
  test.concurrent.for(rows)('refuses %s', async ([_what, call, code, msg, more = {}]) => {
    const { cniVersion = '1.0.0', details } = more;
    const { stdout, stderr, exitCode } = await runPlugin({
      verb: 'ADD',
      node: node.name,
      netns: podPath,
      config: base,
      ...call,
    });
    expect({ error: JSON.parse(stdout), stderr, exitCode }).toEqual({
      error: { cniVersion, code, msg: words(msg), details: words(details) },
      stderr: '',
      exitCode: 1,
    });
    expect(sleepers.flatMap(readProcNet)).toEqual(procNetBefore);
  });
});

test('refusing leaves everything as it was', async () => {
  expect(await state()).toEqual(before);
});

function words(expected: string | RegExp | undefined): unknown {
  return expected instanceof RegExp ? expect.stringMatching(expected) : expected;
}
