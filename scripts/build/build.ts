/**
 * Builds the two executables from src/main.ts, dist/pkg/vlan-bridge (Node) and dist/bun/vlan-bridge: `npm run build`. Those
 * for another processor, `npm run build -- --arch arm64`, become dist/arm64/pkg/vlan-bridge and dist/arm64/bun/vlan-bridge.
 *
 * Nothing is fetched but the other processor's engines, as package-lock.json names them. An executable appears under its
 * name only when it is complete.
 */
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../project/root.ts';
import { buildWithBun } from './bun.ts';
import { isArch } from './engines.ts';
import { buildWithPkg } from './pkg.ts';

const BUILDERS = { pkg: buildWithPkg, bun: buildWithBun };

const USAGE = 'usage: npm run build -- [--arch x64|arm64]';

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { arch: { type: 'string', default: process.arch } } });
  const { arch } = values;
  if (!isArch(arch)) throw new Error(USAGE);
  const folder = join(ROOT, 'dist', arch === process.arch ? '' : arch);
  for (const [name, build] of Object.entries(BUILDERS)) {
    await complete(join(folder, name, 'vlan-bridge'), (work) => build(work, arch));
  }
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
