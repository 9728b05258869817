import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runExecutable } from '../helpers/run-executable.ts';

/** The executables that the build makes for the other processor, run by qemu-user with that processor's C library. */

const EMULATED = {
  x64: { arch: 'arm64', qemu: 'qemu-aarch64', libraries: '/usr/aarch64-linux-gnu' },
  arm64: { arch: 'x64', qemu: 'qemu-x86_64', libraries: '/usr/x86_64-linux-gnu' },
} as const;

const { arch, qemu, libraries } = EMULATED[process.arch as keyof typeof EMULATED];

describe.each(['pkg', 'native'])('the %s executable for the other processor', (name) => {
  const program = fileURLToPath(new URL(`../../dist/${arch}/${name}/vlan-bridge`, import.meta.url));

  test('answers VERSION', async () => {
    const { stdout, stderr } = await run({ CNI_COMMAND: 'VERSION' });
    expect({ reply: JSON.parse(stdout), stderr }).toEqual({
      reply: { cniVersion: '1.0.0', supportedVersions: expect.arrayContaining(['0.1.0', '1.1.0']) },
      stderr: '',
    });
  });

  test('calls the C library', async () => {
    const missing = {
      CNI_COMMAND: 'ADD',
      CNI_CONTAINERID: 'pod',
      CNI_IFNAME: 'net1',
      CNI_NETNS: '/nonexistent',
    };
    const { stdout } = await run(missing);
    expect(JSON.parse(stdout).details).toMatch(/ENOENT \(no such file or directory\)$/);
  });

  test('ignores NODE_OPTIONS', async () => {
    const { stdout, stderr } = await run({ CNI_COMMAND: 'VERSION', NODE_OPTIONS: '--require /nonexistent' });
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringContaining('supportedVersions'), stderr: '' });
  });

  function run(env: Readonly<Record<string, string>>) {
    return runExecutable({
      by: [`/usr/bin/${qemu}`, '-L', libraries],
      program,
      env,
      input: '{"cniVersion":"1.0.0","name":"vlan-100","type":"vlan-bridge"}',
    });
  }
});
