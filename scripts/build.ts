/**
 * Builds dist/pkg/vlan-bridge, one executable for this machine's processor, from src/main.ts: `npm run build`.
 *
 * esbuild makes one CommonJS file of the sources, pkg puts it into a copy of the Node that runs this script. Nothing is
 * fetched. The executable appears under its name only when it is complete.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import pkgSea from '@yao-pkg/pkg/lib-es5/sea.js';
import { build as bundle } from 'esbuild';

const ROOT = dirname(import.meta.dirname);
const OUTPUT = join(ROOT, 'dist/pkg/vlan-bridge');

/**
 * Runs before the program. Node has two debugging variables that it obeys in a single executable and no flag against
 * them. NODE_DEBUG writes to process.stderr, which the program itself never uses (it writes to descriptor 2).
 * NODE_V8_COVERAGE writes a file after the last "exit" listener; only _exit(2) leaves without.
 */
const PRELUDE = `
if (process.env.NODE_DEBUG) process.stderr.write = () => true;
if (process.env.NODE_V8_COVERAGE) process.on('exit', (code) => {
  const libc = new (process.getBuiltinModule('node:ffi').DynamicLibrary)(null);
  libc.getFunction('_exit', { arguments: ['i32'], return: 'void' })(code);
});`;

/** What Node itself is told, whatever the caller's environment and arguments say. */
const SEA_CONFIG = {
  disableExperimentalSEAWarning: true,
  // Compiled functions are stored in the executable: 10 % less start-up time. A snapshot made it slower.
  useCodeCache: true,
  useSnapshot: false,
  // NODE_OPTIONS and command line flags are not Node's to read.
  execArgvExtension: 'none',
  execArgv: [
    // stderr stays silent: node:ffi is an experimental feature and says so.
    '--no-warnings',
    // Instead of the machine's openssl.cnf or $OPENSSL_CONF, where a mistake ends the program before it starts.
    '--openssl-config=/dev/null',
    // SIGUSR1 would open a debugger port.
    '--disable-sigusr1',
  ],
};

await main();

async function main(): Promise<void> {
  const start = performance.now();
  requirePinnedNode();
  mkdirSync(dirname(OUTPUT), { recursive: true });
  // Beside the output, so that the last step is a rename within one file system.
  const work = mkdtempSync(join(dirname(OUTPUT), '.build-'));
  try {
    const script = await bundleSources(work);
    const executable = await makeExecutable(work, script);
    chmodSync(executable, 0o755);
    renameSync(executable, OUTPUT);
  } finally {
    rmSync(work, { recursive: true });
  }
  const megabytes = (statSync(OUTPUT).size / 1e6).toFixed(1);
  const seconds = ((performance.now() - start) / 1e3).toFixed(1);
  console.log(`${OUTPUT}: ${megabytes} MB in ${seconds} s`);
}

/** The Node that runs this script becomes the executable, so it must be the one package.json names. */
function requirePinnedNode(): void {
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const pinned = optionalDependencies[`node-linux-${process.arch}`];
  if (process.versions.node === pinned) return;
  throw new Error(
    `this is Node ${process.versions.node}, the build needs ${pinned}: start it by "npm run build"`,
  );
}

async function bundleSources(work: string): Promise<string> {
  const script = join(work, 'vlan-bridge.cjs');
  await bundle({
    absWorkingDir: ROOT,
    entryPoints: ['src/main.ts'],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node26',
    // Identifiers keep their names: stack traces stay readable, and short names made start-up 10 % slower.
    minifySyntax: true,
    minifyWhitespace: true,
    banner: { js: PRELUDE },
    // Stack traces show this name instead of a path on the machine that built.
    footer: { js: '//# sourceURL=vlan-bridge' },
    logLevel: 'warning',
  });
  return script;
}

async function makeExecutable(work: string, script: string): Promise<string> {
  const executable = join(work, 'vlan-bridge');
  const target = { nodeRange: 'node26', platform: 'linux', arch: process.arch, output: executable } as const;
  await pkgSea.default(script, {
    nodePath: stripSymbols(work),
    seaConfig: SEA_CONFIG,
    signature: false,
    targets: [target],
  });
  return executable;
}

/**
 * A copy of Node without its symbol table, a fifth smaller; as it is when this machine has no strip (Debian package
 * binutils). It must happen before pkg adds the program: afterwards it breaks the executable.
 */
function stripSymbols(work: string): string {
  const node = join(work, 'node');
  copyFileSync(process.execPath, node);
  const { error, status, stderr } = spawnSync('strip', [node], { encoding: 'utf8' });
  if (error !== undefined) console.warn(`symbols are kept, 30 MB more: strip: ${error.message}`);
  else if (status !== 0) throw new Error(`strip: ${stderr}`);
  return node;
}
