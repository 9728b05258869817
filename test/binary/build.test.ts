import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { executable, runExecutable } from '../helpers/run-executable.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

const VERSION_REPLY = {
  cniVersion: expect.any(String),
  supportedVersions: expect.arrayContaining(['1.0.0']),
};

test('has mode 755', () => {
  expect((statSync(executable()).mode & 0o7777).toString(8)).toBe('755');
});

test('is linked only with the libraries that the README names', async () => {
  const { stdout } = await execa('readelf', ['--dynamic', executable()], { timeout: 30_000 });
  const needed = Array.from(stdout.matchAll(/\(NEEDED\).*\[(lib[\w+]+)\.so/g), ([, library]) => library);
  expect(needed.sort().join(', ') || 'none').toBe(readmeRow()[3]?.split(', ').sort().join(', '));
});

test('needs no newer glibc than the README names', async () => {
  const { stdout } = await execa('readelf', ['--version-info', executable()], { timeout: 30_000 });
  const versions = Array.from(stdout.matchAll(/GLIBC_2\.(\d+)/g), ([, minor]) => Number(minor));
  // glibc 2.25 added getrandom, which the engine looks up at run time.
  const newest = versions.length === 0 ? 'none' : `2.${Math.max(25, ...versions)}`;
  expect(newest).toBe(readmeRow()[2]);
});

test('answers with an empty environment in a folder that allows no new files', async () => {
  const { stdout, stderr, exitCode } = await version({}, '/proc');
  expect({ reply: JSON.parse(stdout), stderr, exitCode }).toEqual({
    reply: VERSION_REPLY,
    stderr: '',
    exitCode: 0,
  });
});

test.each([
  ['NODE_OPTIONS', () => '--require /nonexistent'],
  ['NODE_OPTIONS', () => '--no-such-flag'],
  ['NODE_V8_COVERAGE', (empty: string) => empty],
  ['NODE_DEBUG', () => '*'],
  ['NODE_PENDING_DEPRECATION', () => '1'],
  ['NODE_REDIRECT_WARNINGS', (empty: string) => join(empty, 'warnings')],
  ['NODE_EXTRA_CA_CERTS', () => '/nonexistent'],
  ['NODE_USE_SYSTEM_CA', () => '1'],
  ['NODE_TLS_REJECT_UNAUTHORIZED', () => '0'],
  ['NODE_ICU_DATA', () => '/nonexistent'],
  ['NODE_PATH', (empty: string) => empty],
  ['NODE_TEST_CONTEXT', () => 'child'],
  ['NODE_UNIQUE_ID', () => '1'],
  ['NODE_REPORT_DIRECTORY', (empty: string) => empty],
  ['OPENSSL_CONF', brokenOpensslConf],
  ['UV_THREADPOOL_SIZE', () => 'many'],
  ['JSC_dumpOptions', () => '2'],
  ['FORCE_COLOR', () => '3'],
  ['WATCH_REPORT_DEPENDENCIES', () => '1'],
  ['LC_ALL', () => 'xx_XX.UTF-8'],
  ['HOME', () => '/nonexistent'],
  ['TMPDIR', () => '/nonexistent'],
])('%s changes nothing, prints nothing and writes no file (case %#)', async (name, valueIn) => {
  const empty = temporaryDirectory();
  const expected = await version({}, '/');
  const { stdout, stderr, exitCode } = await version({ [name]: valueIn(empty) }, '/');
  expect({ stdout, stderr, exitCode }).toEqual({ stdout: expected.stdout, stderr: '', exitCode: 0 });
  expect(readdirSync(empty)).toEqual([]);
});

test.each([
  ['.env', 'BUN_OPTIONS=--preload=/nonexistent\nCNI_COMMAND=ADD\nNODE_OPTIONS=--no-such-flag\n'],
  ['.env.production', 'CNI_COMMAND=ADD\n'],
  ['.env.local', 'CNI_COMMAND=ADD\n'],
  ['package.json', '{{{'],
  ['tsconfig.json', '{{{'],
  ['node.config.json', '{{{'],
  ['bunfig.toml', 'preload = ["/nonexistent"]\n'],
  ['.npmrc', '[[['],
])('does not read a %s in the current folder', async (name, text) => {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, name), text);
  // Without CNI_COMMAND in the environment, a value from a file would show.
  const noCommand = await runExecutable({ cwd });
  expect(noCommand).toEqual(await runExecutable({ cwd: '/' }));
  const { stdout, stderr, exitCode } = await version({}, cwd);
  expect({ reply: JSON.parse(stdout), stderr, exitCode }).toEqual({
    reply: VERSION_REPLY,
    stderr: '',
    exitCode: 0,
  });
});

test.each([
  '--inspect=0',
  '--eval=throw 1',
  '--require=/nonexistent',
  '--preload=/nonexistent',
  '--cwd=/nonexistent',
  '--help',
])('does not pass the argument %s to the engine', async (argument) => {
  const { stdout, stderr, exitCode } = await version({}, '/', [argument]);
  expect({ reply: JSON.parse(stdout), stderr, exitCode }).toEqual({
    reply: VERSION_REPLY,
    stderr: '',
    exitCode: 0,
  });
});

/** Engine, size, glibc and libraries of the executable, from the README's table. */
function readmeRow(): readonly string[] {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const name = `dist/${basename(dirname(executable()))}/vlan-bridge`;
  const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
  return (
    row
      ?.split('|')
      .slice(2, -1)
      .map((cell) => cell.trim()) ?? []
  );
}

/** Runs CNI's VERSION with only these variables in the environment. */
function version(env: Readonly<Record<string, string>>, cwd: string, args: readonly string[] = []) {
  return runExecutable({
    cwd,
    args,
    env: { CNI_COMMAND: 'VERSION', ...env },
    input: '{"cniVersion":"1.0.0"}',
    timeoutMs: 30_000,
  });
}

/** A file that OpenSSL refuses: a program that reads it fails at its start. */
function brokenOpensslConf(): string {
  const file = join(temporaryDirectory(), 'openssl.cnf');
  writeFileSync(file, '[[[\n');
  return file;
}
