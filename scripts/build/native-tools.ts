import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Arch } from './engines.ts';
import { NoEngine, run } from './native-engine.ts';

/** What makes static executables with musl for one processor. */
export type Tools = {
  readonly cc: string;
  /** Flags for every compilation. */
  readonly flags: readonly string[];
  /** What is linked before and after the objects. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly strip: string;
  /** What starts an executable of that processor on this machine. */
  readonly start: readonly string[];
};

/** Names of the processors, Debian's and GNU's. */
const NAMES = {
  x64: { debian: 'amd64', gnu: 'x86_64' },
  arm64: { debian: 'arm64', gnu: 'aarch64' },
} as const;

/** @throws NoEngine when this machine cannot get the tools for another processor */
export function toolsFor(arch: Arch): Tools {
  if (arch === process.arch)
    return { cc: 'musl-gcc', flags: [], before: [], after: ['-lm'], strip: 'strip', start: [] };
  const { debian, gnu } = NAMES[arch];
  const musl = findMusl(debian);
  const cc = `${gnu}-linux-gnu-gcc`;
  const gcc = (file: string) => run(cc, [`-print-file-name=${file}`], musl).trim();
  const library = (file: string) => join(musl, 'lib', file);
  return {
    cc,
    flags: [
      ...['-nostdinc', '-isystem', join(musl, 'include'), '-isystem', gcc('include')],
      // The helpers for them in libgcc need glibc.
      ...(arch === 'arm64' ? ['-mno-outline-atomics'] : []),
    ],
    before: ['-nostdlib', library('crt1.o'), library('crti.o')],
    after: [library('libc.a'), gcc('libgcc.a'), library('libc.a'), library('crtn.o')],
    strip: `${gnu}-linux-gnu-strip`,
    start: [`qemu-${gnu}`],
  };
}

function findMusl(arch: string): string {
  const { status, stdout, error } = spawnSync(join(import.meta.dirname, 'musl-for'), [arch], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status === 3) throw new NoEngine(`this machine cannot get the compiler for ${arch}`);
  if (status !== 0) throw new Error(`cannot get musl for ${arch}`, { cause: error });
  return stdout.trim();
}
