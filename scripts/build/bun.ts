import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../project/root.ts';
import { type Arch, engine, isArch } from './engines.ts';

/**
 * Bun bundles the sources, compiles them to bytecode and adds them to a copy of itself.
 * @returns the path of the executable in `work`
 */
export function buildWithBun(work: string, arch: Arch): string {
  const executable = join(work, 'vlan-bridge');
  const { error, status, stderr } = spawnSync(
    engine('bun', hostArch()),
    argumentsFor(work, arch, executable),
    {
      cwd: ROOT,
      // Not the caller's environment: its variables can change what Bun builds.
      env: { PATH: '/usr/bin:/bin', TMPDIR: work, HOME: work },
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`bun build: ${error?.message ?? stderr}`);
  return executable;
}

function argumentsFor(work: string, arch: Arch, executable: string): readonly string[] {
  return [
    'build',
    'src/main.ts',
    '--compile',
    `--target=bun-linux-${arch}`,
    `--compile-executable-path=${deafBun(work, arch)}`,
    `--outfile=${executable}`,
    // Without bytecode, start-up takes three times as long.
    '--bytecode',
    '--minify',
    // Modules that are required late become separate files: a call that does not use execa does not read it.
    '--format=esm',
    '--splitting',
    // A call ends before compiled machine code would have saved the time of its compilation.
    '--compile-jit-policy=16',
    // The executable must read no file of its current folder.
    '--no-compile-autoload-dotenv',
    '--no-compile-autoload-bunfig',
    '--no-compile-autoload-tsconfig',
    '--no-compile-autoload-package-json',
  ];
}

/**
 * Variables that make Bun act as another program (BUN_BE_BUN), load other code (BUN_OPTIONS), open a debugger's port or write
 * files. Bun has no build option to ignore them.
 */
const OBEYED_VARIABLES = [
  'BUN_BE_BUN',
  'BUN_OPTIONS',
  'BUN_INSPECT',
  'BUN_BYTECODE_ORDER_OUT',
  'BUN_BYTECODE_ORDER_NAMES_OUT',
  'BUN_BYTECODE_DIGEST_OUT',
];

/** Makes a copy of Bun that ignores these variables: it looks for names that start with "=", which no variable has. */
function deafBun(work: string, arch: Arch): string {
  const bytes = readFileSync(engine('bun', arch));
  for (const name of OBEYED_VARIABLES) {
    let place = bytes.indexOf(name);
    if (place === -1) throw new Error(`this Bun does not know ${name}: look for a variable that replaced it`);
    for (; place !== -1; place = bytes.indexOf(name, place)) bytes.write('=', place);
  }
  const bun = join(work, 'bun');
  writeFileSync(bun, bytes);
  chmodSync(bun, 0o755);
  return bun;
}

function hostArch(): Arch {
  if (isArch(process.arch)) return process.arch;
  throw new Error(`there is no engine for ${process.arch}`);
}
