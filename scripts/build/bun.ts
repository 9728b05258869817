import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../project/root.ts';
import { type Arch, engine, isArch } from './engines.ts';

/** Bun bundles the sources, compiles them to bytecode and adds them to a copy of itself: the path of the executable in `work`. */
export function buildWithBun(work: string, arch: Arch): string {
  const executable = join(work, 'vlan-bridge');
  const { error, status, stderr } = spawnSync(
    engine('bun', hostArch()),
    argumentsFor(work, arch, executable),
    {
      cwd: ROOT,
      // Nothing of the caller's: variables have a say in what Bun builds.
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
    // Without it, start-up takes three times as long.
    '--bytecode',
    '--minify',
    // What is required where it is needed becomes a file of its own: execa is not read by the calls that do not use it.
    '--format=esm',
    '--splitting',
    // A call is over before machine code would have paid for its making.
    '--compile-jit-policy=16',
    // Nothing is read from the folder that the executable is started in.
    '--no-compile-autoload-dotenv',
    '--no-compile-autoload-bunfig',
    '--no-compile-autoload-tsconfig',
    '--no-compile-autoload-package-json',
  ];
}

/**
 * Variables that make Bun another program (BUN_BE_BUN), load other code into it (BUN_OPTIONS), open a debugger's port or
 * write files. It has no build option against them.
 */
const OBEYED_VARIABLES = [
  'BUN_BE_BUN',
  'BUN_OPTIONS',
  'BUN_INSPECT',
  'BUN_BYTECODE_ORDER_OUT',
  'BUN_BYTECODE_ORDER_NAMES_OUT',
  'BUN_BYTECODE_DIGEST_OUT',
];

/** A copy of Bun that looks for these variables under names that none can have: "=" ends a variable's name. */
function deafBun(work: string, arch: Arch): string {
  const bytes = readFileSync(engine('bun', arch));
  for (const name of OBEYED_VARIABLES) {
    let place = bytes.indexOf(name);
    if (place === -1) throw new Error(`this Bun does not know ${name}: is there something in its place?`);
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
