import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { type Arch, ROOT } from '../lib/engines.ts';
import { bundleForNative } from './native-bundle.ts';

const HOST = join(ROOT, 'src/native');

/** The files of QuickJS-ng that the executable is made of. */
const ENGINE = ['quickjs.c', 'libregexp.c', 'libunicode.c', 'dtoa.c'];

/** Addresses are the same in every process, which the snapshot needs; nothing unwinds the stack. */
const CODE = [
  '-std=gnu11',
  '-O3',
  '-fno-pie',
  '-ffunction-sections',
  '-fdata-sections',
  '-fno-asynchronous-unwind-tables',
];
/** The engine's own clock is the host's, which stands still while the snapshot is made. */
const ENGINE_FLAGS = [...CODE, '-w', '-D_GNU_SOURCE', '-funsigned-char', '-Dgettimeofday=host_gettimeofday'];
const HOST_FLAGS = [...CODE, '-Wall', '-Wextra', '-Wconversion', '-Werror'];
const LINK_FLAGS = ['-static', '-no-pie', '-Wl,--gc-sections', '-Wl,--build-id=none'];

/** Room for the heap until its size is known. */
const MOST_HEAP_BYTES = 8 << 20;
const PAGE_BYTES = 4096;

export type NativeOptions = {
  /** A folder with the sources of QuickJS-ng; Debian's package when absent. */
  readonly engine: string | undefined;
  /** Names and lines of the sources stay in the executable. */
  readonly debug: boolean;
};

/** No sources of the engine are to be had. */
export class NoEngine extends Error {}

/**
 * The sources' bytecode, the C host and QuickJS-ng in one static executable, which at last holds what it has made of the bytecode: the
 * path of the executable in `work`.
 * @throws NoEngine
 */
export async function buildNative(work: string, arch: Arch, options: NativeOptions): Promise<string> {
  const tools = toolsFor(arch);
  const source = options.engine ?? findEngine();
  const engine = engineObjects(source, tools);
  const modules = await bundleForNative(work, options.debug);
  const program = join(work, 'program');
  const debug = options.debug ? ['--debug'] : [];
  run(compiler(source), [program, ...debug, ...modules], work);
  const host = readdirSync(HOST).filter((file) => file.endsWith('.c') && file !== 'compile.c');
  const objects = host
    .sort()
    .map((file) => compileHost(file, { work, source, tools, flags: [heapSize(MOST_HEAP_BYTES)] }));
  const parts = { work, tools, program, engine, objects };
  const used = Number(makeSnapshot(parts));
  compileHost('memory.c', { work, source, tools, flags: [heapSize(used)] });
  makeSnapshot(parts);
  return join(work, 'vlan-bridge');
}

function heapSize(bytes: number): string {
  return `-DHEAP_SIZE=${Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES}`;
}

type Tools = { readonly cc: string; readonly strip: string };

function toolsFor(arch: Arch): Tools {
  if (arch !== process.arch) throw new Error(`the native executable for ${arch} is built on ${arch}`);
  return { cc: 'musl-gcc', strip: 'strip' };
}

function findEngine(): string {
  const { status, stdout, error } = spawnSync(join(import.meta.dirname, 'engine-source'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status === 3)
    throw new NoEngine('no Debian release that this machine can reach offers QuickJS-ng (qjs-src)');
  if (status !== 0) throw new Error('cannot fetch the sources of QuickJS-ng', { cause: error });
  return stdout.trim();
}

/** The compiled engine, kept in the cache: it takes a minute. */
function engineObjects(source: string, { cc }: Tools): readonly string[] {
  const folder = cached(
    'engine',
    [run(cc, ['--version'], ROOT), ...ENGINE_FLAGS, ...sourcesOf(source)],
    (aside) => {
      for (const file of ENGINE)
        run(cc, [...ENGINE_FLAGS, '-c', file, '-o', join(aside, `${file}.o`)], source);
    },
  );
  return ENGINE.map((file) => join(folder, `${file}.o`));
}

/** The tool that makes bytecode of modules, for this machine; kept in the cache too. */
function compiler(source: string): string {
  const flags = ['-std=gnu11', '-O1', '-w', '-D_GNU_SOURCE'];
  const tool = join(HOST, 'compile.c');
  const folder = cached('compile', [...flags, readFileSync(tool), ...sourcesOf(source)], (aside) => {
    run('gcc', [...flags, '-I', source, tool, ...ENGINE, '-o', join(aside, 'compile'), '-lm'], source);
  });
  return join(folder, 'compile');
}

/** The folder in the cache that `make` has filled from these inputs, now or before. */
function cached(name: string, inputs: readonly (string | Buffer)[], make: (aside: string) => void): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'vlan-bridge', `${name}-${digestOf(inputs).slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  const aside = `${folder}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  make(aside);
  renameSync(aside, folder);
  return folder;
}

function sourcesOf(folder: string): readonly Buffer[] {
  return readdirSync(folder)
    .filter((file) => /\.[ch]$/.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file)));
}

type Compilation = {
  readonly work: string;
  readonly source: string;
  readonly tools: Tools;
  readonly flags: readonly string[];
};

function compileHost(file: string, { work, source, tools, flags }: Compilation): string {
  const object = join(work, `${basename(file, '.c')}.o`);
  run(tools.cc, [...HOST_FLAGS, ...flags, '-isystem', source, '-c', file, '-o', object], HOST);
  return object;
}

type Parts = {
  readonly work: string;
  readonly tools: Tools;
  readonly program: string;
  readonly engine: readonly string[];
  readonly objects: readonly string[];
};

/** Links `linked`, which writes `vlan-bridge`: how many bytes of its heap are in use. */
function makeSnapshot({ work, tools, program, engine, objects }: Parts): string {
  const id = digestOf([...[...engine, ...objects, program].map((file) => readFileSync(file))]);
  writeFileSync(join(work, 'build-id.c'), `const char BUILD_ID[64] = "${id}";\n`);
  const linked = join(work, 'linked');
  run(tools.cc, [...CODE, ...LINK_FLAGS, 'build-id.c', ...objects, ...engine, '-lm', '-o', linked], work);
  run(tools.strip, [linked], work);
  rmSync(join(work, 'vlan-bridge'), { force: true });
  return run(linked, ['--snapshot', program, join(work, 'vlan-bridge')], work, 'stderr');
}

function digestOf(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}

/** Nothing of the caller's environment has a say in what is built. @returns what it printed */
function run(
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
