/**
 * Builds the executables from src/main.ts, `npm run build -- --help`. `builders` names the folder in dist and the builder of each.
 * An executable appears under its name only after it is complete.
 */
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../project/root.ts';
import { isArch } from './engines.ts';
import { buildNative } from './native.ts';
import { NoEngine } from './native-engine.ts';
import { buildWithPkg } from './pkg.ts';

const USAGE = `usage: npm run build -- [--arch x64|arm64] [--engine DIR] [--debug]

Builds dist/native/vlan-bridge (QuickJS-ng) and dist/pkg/vlan-bridge (Node) for this machine's processor.
Downloads nothing but the sources of QuickJS-ng, once, from Debian.

  --arch ARCH  build for that processor; another than this machine's goes to dist/ARCH, after a download
               of its Node as package-lock.json names it
  --engine DIR take the sources of QuickJS-ng from that folder, and download none
  --debug      keep names and lines in the native executable: when it fails, stderr shows where its errors were made
`;

async function main(): Promise<void> {
  const options = {
    arch: { type: 'string', default: process.arch },
    engine: { type: 'string' },
    debug: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { arch, engine, debug, help } = parseArgs({ options }).values;
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  if (!isArch(arch)) throw new Error(`there is no executable for "${arch}"; see --help`);
  const folder = join(ROOT, 'dist', arch === process.arch ? '' : arch);
  const builders = {
    pkg: buildWithPkg,
    native: (work: string) => buildNative(work, arch, { engine, debug }),
  };
  for (const [name, build] of Object.entries(builders)) {
    await complete(join(folder, name, 'vlan-bridge'), (work) => build(work, arch)).catch(warnWithoutEngine);
  }
}

/** Without the sources of QuickJS-ng there is no native executable; the one with Node has all functions too. */
function warnWithoutEngine(error: unknown): void {
  if (!(error instanceof NoEngine)) throw error;
  console.warn(`dist/native is not built: ${error.message}; --engine DIR builds it from sources in DIR`);
}

/** @param build makes the executable in the given folder and returns its path */
async function complete(output: string, build: (work: string) => string | Promise<string>): Promise<void> {
  const start = performance.now();
  mkdirSync(dirname(output), { recursive: true });
  // Beside the output: the last step is a rename, which works within one file system only.
  const work = mkdtempSync(join(dirname(output), '.build-'));
  try {
    const executable = await build(work);
    chmodSync(executable, 0o755);
    renameSync(executable, output);
  } finally {
    rmSync(work, { recursive: true });
  }
  const megabytes = (statSync(output).size / 1e6).toFixed(1);
  const seconds = ((performance.now() - start) / 1e3).toFixed(1);
  console.log(`${relative(ROOT, output)}: ${megabytes} MB in ${seconds} s`);
}

try {
  await main();
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
