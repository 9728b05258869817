/**
 * Builds the executables from src/main.ts, dist/pkg/vlan-bridge (Node), dist/bun/vlan-bridge and dist/native/vlan-bridge (QuickJS-ng):
 * `npm run build`. Those for another processor, `npm run build -- --arch arm64`, become dist/arm64/pkg/vlan-bridge and so on.
 *
 * Nothing is fetched but the other processor's engines, as package-lock.json names them, and QuickJS-ng's sources from Debian, once.
 * `--engine DIR` takes those in DIR. `--debug` leaves names and lines in the native executable, whose errors then tell where they came
 * from. An executable appears under its name only when it is complete.
 */
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { buildNative } from './build/native.ts';
import { NoEngine } from './build/native-engine.ts';
import { buildWithBun } from './lib/build-bun.ts';
import { buildWithPkg } from './lib/build-pkg.ts';
import { isArch, ROOT } from './lib/engines.ts';

const USAGE = 'usage: npm run build -- [--arch x64|arm64] [--engine DIR] [--debug]';

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string', default: process.arch },
      engine: { type: 'string' },
      debug: { type: 'boolean', default: false },
    },
  });
  const { arch, engine, debug } = values;
  if (!isArch(arch)) throw new Error(USAGE);
  const folder = join(ROOT, 'dist', arch === process.arch ? '' : arch);
  const builders = {
    pkg: buildWithPkg,
    bun: buildWithBun,
    native: (work: string) => buildNative(work, arch, { engine, debug }),
  };
  for (const [name, build] of Object.entries(builders)) {
    await complete(join(folder, name, 'vlan-bridge'), (work) => build(work, arch)).catch(
      refuseUnlessNoEngine,
    );
  }
}

/** Without the engine's sources there is no native executable; the others do the same. */
function refuseUnlessNoEngine(error: unknown): void {
  if (!(error instanceof NoEngine)) throw error;
  console.warn(`dist/native is not built: ${error.message}; --engine DIR builds it from sources of yours`);
}

/** @param build makes the executable in the folder that it is given: its path */
async function complete(output: string, build: (work: string) => string | Promise<string>): Promise<void> {
  const start = performance.now();
  mkdirSync(dirname(output), { recursive: true });
  // Beside the output, so that the last step is a rename within one file system.
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
