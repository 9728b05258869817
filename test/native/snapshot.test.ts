import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../scripts/project/root.ts';

/** The native executable as its build makes it; needs the engine's sources. */

const folder = mkdtempSync(join(tmpdir(), 'vlan-bridge-native-'));
const first = join(folder, 'first');

beforeAll(() => build(ROOT, first));
afterAll(() => rmSync(folder, { recursive: true }));

test('builds in two folders are the same to the bit', async () => {
  const clone = join(folder, 'at/another/depth');
  for (const part of ['src', 'scripts', 'package.json'])
    cpSync(join(ROOT, part), join(clone, part), { recursive: true });
  await execa('cp', ['-al', join(ROOT, 'node_modules'), join(clone, 'node_modules')]);
  const second = join(clone, 'dist/work');
  await build(clone, second, { TZ: 'Asia/Kathmandu', LC_ALL: 'C', SEED: 'another' });
  expect(sameBytes(join(first, 'program'), join(second, 'program'))).toBe(true);
  expect(sameBytes(join(first, 'vlan-bridge'), join(second, 'vlan-bridge'))).toBe(true);
});

test('holds nothing of the environment, arguments, folder, descriptors and time in which it was made', async () => {
  const output = join(folder, 'again');
  const script = `exec 7</dev/null 8</dev/null && ulimit -s 1024 && exec -a ${'other'.repeat(30)} "$@"`;
  await execa(
    'bash',
    ['-c', script, 'bash', join(first, 'linked'), '--snapshot', join(first, 'program'), output],
    {
      cwd: '/proc',
      env: { CNI_COMMAND: 'VERSION', TZ: 'Asia/Kathmandu', LANG: 'de_DE.UTF-8', CANARY: 'x'.repeat(5000) },
      extendEnv: false,
    },
  );
  expect(sameBytes(output, join(first, 'vlan-bridge'))).toBe(true);
});

test('refuses to start with the snapshot of another build', async () => {
  const bytes = readFileSync(join(first, 'vlan-bridge'));
  const id = /BUILD_ID\[64\] = "(\w+)"/.exec(readFileSync(join(first, 'build-id.c'), 'utf8'))?.[1] ?? '';
  bytes.write('x', bytes.indexOf(id));
  const changed = join(folder, 'changed');
  writeFileSync(changed, bytes, { mode: 0o755 });
  const { exitCode, stdout, stderr } = await execa(changed, {
    env: { CNI_COMMAND: 'VERSION' },
    reject: false,
  });
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'vlan-bridge: the snapshot in this executable was made by another build: build it anew',
  });
});

test('refuses to start without a snapshot', async () => {
  const { exitCode, stdout, stderr } = await execa(join(first, 'linked'), { reject: false });
  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: 'vlan-bridge: there is no snapshot in this executable: build it with --snapshot PROGRAM OUTPUT',
  });
});

/** Builds from the sources in `root`, in a process of its own. */
async function build(root: string, work: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  mkdirSync(work, { recursive: true });
  const module = join(root, 'scripts/build/native.ts');
  const script = `const { buildNative } = await import('${module}'); await buildNative('${work}', process.arch);`;
  await execa(process.execPath, ['--input-type=module', '--eval', script], { cwd: root, env });
}

function sameBytes(file: string, other: string): boolean {
  return readFileSync(file).equals(readFileSync(other));
}
