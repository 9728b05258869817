/**
 * Builds the two executables from src/main.ts, `npm run build -- --help`. BUILDERS names the folder in dist and the builder of each.
 * An executable appears under its name only after it is complete.
 */
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../project/root.ts';
import { buildWithBun } from './bun.ts';
import { isArch } from './engines.ts';
import { buildWithPkg } from './pkg.ts';

const BUILDERS = { pkg: buildWithPkg, bun: buildWithBun };

const USAGE = `usage: npm run build -- [--arch x64|arm64]

Builds dist/pkg/vlan-bridge (Node) and dist/bun/vlan-bridge for this machine's processor. Downloads nothing.

  --arch ARCH  build for that processor; another than this machine's goes to dist/ARCH/pkg and dist/ARCH/bun, after a download
               of its engines as package-lock.json names them
`;

async function main(): Promise<void> {
  const options = {
    arch: { type: 'string', default: process.arch },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { arch, help } = parseArgs({ options }).values;
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  if (!isArch(arch)) throw new Error(`there is no executable for "${arch}"; see --help`);
  const folder = join(ROOT, 'dist', arch === process.arch ? '' : arch);
  for (const [name, build] of Object.entries(BUILDERS)) {
    await complete(join(folder, name, 'vlan-bridge'), (work) => build(work, arch));
  }
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
