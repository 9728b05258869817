import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { ROOT } from '../project/root.ts';

/** The C host of the engine. */
export const HOST = join(ROOT, 'src/native');

/** The files of QuickJS-ng that the executable is made of. */
const ENGINE = ['quickjs.c', 'libregexp.c', 'libunicode.c', 'dtoa.c'];

/** No sources of the engine are to be had. */
export class NoEngine extends Error {}

/** The folder with the sources of QuickJS-ng, from Debian. @throws NoEngine */
export function findEngine(): string {
  const { status, stdout, error } = spawnSync(join(import.meta.dirname, 'engine-source'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status === 3) throw new NoEngine('no Debian release in reach offers QuickJS-ng (package qjs-src)');
  if (status !== 0) throw new Error('cannot fetch the sources of QuickJS-ng', { cause: error });
  return stdout.trim();
}

/** The compiled engine, kept in the cache: it takes a minute. */
export function engineObjects(source: string, cc: string, flags: readonly string[]): readonly string[] {
  const inputs = [run(cc, ['--version'], ROOT), ...flags, ...sourcesOf(source)];
  const folder = cached('engine', inputs, (aside) => {
    // From the folder itself: the file's name is in the object.
    for (const file of ENGINE) run(cc, [...flags, '-c', file, '-o', join(aside, `${file}.o`)], source);
  });
  return ENGINE.map((file) => join(folder, `${file}.o`));
}

/** The tool that makes bytecode of modules, for this machine; kept in the cache too. */
export function bytecodeCompiler(source: string): string {
  const flags = ['-std=gnu11', '-O1', '-w', '-D_GNU_SOURCE', '-funsigned-char'];
  const tool = join(HOST, 'compile.c');
  const folder = cached('compile', [...flags, readFileSync(tool), ...sourcesOf(source)], (aside) => {
    run('gcc', [...flags, '-I', source, tool, ...ENGINE, '-o', join(aside, 'compile'), '-lm'], source);
  });
  return join(folder, 'compile');
}

function sourcesOf(folder: string): readonly Buffer[] {
  return readdirSync(folder)
    .filter((file) => /\.[ch]$/.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file)));
}

/** The folder in the cache that `make` has filled from these inputs, now or before. */
function cached(name: string, inputs: readonly (string | Buffer)[], make: (aside: string) => void): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(cache, 'vlan-bridge', `${name}-${digestOf(inputs).slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  const aside = `${folder}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  make(aside);
  renameSync(aside, folder);
  return folder;
}

export function digestOf(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}

/** Nothing of the caller's environment has a say in what is built. @returns what it printed */
export function run(
  file: string,
  args: readonly string[],
  cwd: string,
  output: 'stdout' | 'stderr' = 'stdout',
): string {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' };
  const result = spawnSync(file, args, { cwd, env, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (result.status !== 0) throw new Error(`${basename(file)}: ${result.error?.message ?? result.stderr}`);
  return result[output];
}
