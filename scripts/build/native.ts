import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Arch } from './engines.ts';
import { bundleForNative, type Program } from './native-bundle.ts';
import { bytecodeCompiler, digestOf, engineObjects, findEngine, HOST, run } from './native-engine.ts';
import { type Tools, toolsFor } from './native-tools.ts';

export type NativeOptions = {
  /** A folder with the sources of QuickJS-ng; Debian's package when absent. */
  readonly engine?: string | undefined;
  /** Names and lines of the sources stay in the executable. */
  readonly debug?: boolean;
};

const MAIN = 'src/main.ts';

/** Addresses are the same in every process, which the snapshot needs; nothing unwinds the stack. */
const CODE = [
  '-std=gnu11',
  '-O3',
  '-fno-pie',
  '-ffunction-sections',
  '-fdata-sections',
  '-fno-asynchronous-unwind-tables',
];
const LINK = ['-static', '-no-pie', '-Wl,--gc-sections', '-Wl,--build-id=none'];
/** The engine's clock is the host's, which stands still while the snapshot is made. */
const ENGINE = ['-w', '-D_GNU_SOURCE', '-funsigned-char', '-Dgettimeofday=host_gettimeofday'];
const STRICT = ['-Wall', '-Wextra', '-Wconversion', '-Werror'];

/** gcc with the checks of memory and of undefined behaviour; its memory is not the snapshot's. */
const CHECKED = ['-std=gnu11', '-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** Room for the heap until its size is known. */
const MOST_HEAP_BYTES = 8 << 20;
const PAGE_BYTES = 4096;

/**
 * The sources' bytecode, the C host and QuickJS-ng in one static executable, which at last holds what it has made of the bytecode: the
 * path of the executable in `work`.
 * @throws NoEngine
 */
export async function buildNative(work: string, arch: Arch, options: NativeOptions = {}): Promise<string> {
  const tools = toolsFor(arch);
  const source = options.engine ?? findEngine();
  const code = [...CODE, ...tools.flags];
  const engine = engineObjects(source, tools.cc, [...code, ...ENGINE]);
  const program = await compileProgram(work, source, { main: MAIN, debug: options.debug ?? false });
  const compile = (files: readonly string[], heapBytes: number) =>
    compileHost(files, { work, source, cc: tools.cc, flags: [...code, `-DHEAP_SIZE=${heapBytes}`] });
  const parts = { work, program, engine, objects: compile(hostFiles(), MOST_HEAP_BYTES) };
  const used = Number(makeSnapshot(parts, tools));
  compile(['memory.c'], Math.ceil(used / PAGE_BYTES) * PAGE_BYTES);
  makeSnapshot(parts, tools);
  return join(work, 'vlan-bridge');
}

/**
 * The same with the compiler's checks and without a snapshot, for tests: `folder`/vlan-bridge, which reads `folder`/program at its
 * start, or another program that the variable VLAN_BRIDGE_PROGRAM names, and ends with a report on stderr at the first mistake in memory.
 * @throws NoEngine
 */
export async function buildChecked(folder: string, options: NativeOptions = {}): Promise<void> {
  const source = options.engine ?? findEngine();
  mkdirSync(folder, { recursive: true });
  const engine = engineObjects(source, 'gcc', [...CHECKED, ...ENGINE]);
  const program = await compileProgram(folder, source, { main: MAIN, debug: true });
  const flags = [...CHECKED, `-DCHECKED="${program}"`];
  const objects = compileHost(hostFiles(), { work: folder, source, cc: 'gcc', flags });
  const link = (files: readonly string[]) => ['gcc', ...CHECKED, ...files, '-lm'];
  linkTo(join(folder, 'vlan-bridge'), { work: folder, program, engine, objects }, link);
}

/** Compiles a program to bytecode: `work`/program. */
export async function compileProgram(work: string, source: string, options: Program): Promise<string> {
  const program = join(work, 'program');
  const modules = await bundleForNative(work, options);
  run(bytecodeCompiler(source), [program, ...(options.debug ? ['--debug'] : []), ...modules], work);
  return program;
}

function hostFiles(): readonly string[] {
  return readdirSync(HOST)
    .filter((file) => file.endsWith('.c') && file !== 'compile.c')
    .sort();
}

type Compilation = {
  readonly work: string;
  readonly source: string;
  readonly cc: string;
  readonly flags: readonly string[];
};

function compileHost(files: readonly string[], { work, source, cc, flags }: Compilation): readonly string[] {
  return files.map((file) => {
    const object = join(work, `${basename(file, '.c')}.o`);
    run(cc, [...flags, ...STRICT, '-isystem', source, '-c', file, '-o', object], HOST);
    return object;
  });
}

type Parts = {
  readonly work: string;
  readonly program: string;
  readonly engine: readonly string[];
  readonly objects: readonly string[];
};

/** @param link the command that links these files */
function linkTo(
  output: string,
  { work, program, engine, objects }: Parts,
  link: (files: readonly string[]) => readonly string[],
): void {
  const id = digestOf([...engine, ...objects, program].map((file) => readFileSync(file)));
  writeFileSync(join(work, 'build-id.c'), `const char BUILD_ID[64] = "${id}";\n`);
  const [cc = '', ...args] = link([...objects, ...engine, 'build-id.c']);
  run(cc, [...args, '-o', output], work);
}

/** Links `linked`, which writes `vlan-bridge`: how many bytes of its heap are in use. */
function makeSnapshot(parts: Parts, { cc, flags, before, after, strip, start }: Tools): string {
  const [linked, output] = [join(parts.work, 'linked'), join(parts.work, 'vlan-bridge')];
  linkTo(linked, parts, (files) => [cc, ...CODE, ...flags, ...LINK, ...before, ...files, ...after]);
  run(strip, [linked], parts.work);
  rmSync(output, { force: true });
  const [program = '', ...args] = [...start, linked, '--snapshot', parts.program, output];
  return run(program, args, parts.work, 'stderr');
}
