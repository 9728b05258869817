import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import pkgSea from '@yao-pkg/pkg/lib-es5/sea.js';
import { build as bundle } from 'esbuild';
import { ROOT } from '../project/root.ts';
import { type Arch, nodeFor, pinnedVersion } from './engines.ts';

/**
 * esbuild makes one CommonJS file of the sources, and pkg puts it into a copy of Node.
 * @returns the path of the executable in `work`
 */
export async function buildWithPkg(work: string, arch: Arch): Promise<string> {
  requirePinnedNode(arch);
  const executable = join(work, 'vlan-bridge');
  const script = await bundleSources(work);
  await pkgSea.default(script, {
    nodePath: nodeWithoutSymbols(work, arch),
    // The Node that runs this script prepares the part that is added to the other Node, which has the same version.
    useLocalNode: true,
    seaConfig: seaConfig(arch),
    signature: false,
    targets: [{ nodeRange: 'node26', platform: 'linux', arch, output: executable }],
  });
  return executable;
}

/**
 * Runs before the program. NODE_DEBUG makes Node write to process.stderr, and no flag turns this off in a single executable. The
 * program itself never uses process.stderr: it writes to descriptor 2.
 */
const PRELUDE = 'if (process.env.NODE_DEBUG) process.stderr.write = () => true;';

/** The options of Node itself, fixed against the caller's environment and arguments. */
function seaConfig(arch: Arch) {
  return {
    disableExperimentalSEAWarning: true,
    // Store compiled functions in the executable: 10 % less start-up time. Node compiles only for this machine's processor. A
    // snapshot made start-up slower.
    useCodeCache: arch === process.arch,
    useSnapshot: false,
    // Node must read neither NODE_OPTIONS nor flags on the command line.
    execArgvExtension: 'none',
    execArgv: [
      // Node prints a warning on stderr for node:ffi, which is experimental.
      '--no-warnings',
      // A mistake in the machine's openssl.cnf or in $OPENSSL_CONF would end Node before the program starts.
      '--openssl-config=/dev/null',
      // SIGUSR1 would open a debugger port.
      '--disable-sigusr1',
      // In MB, as much as a call allocates: garbage collections during the call take three milliseconds.
      '--min-semi-space-size=16',
    ],
  } as const;
}

/** @throws Error if this script does not run on the Node version that becomes the executable */
function requirePinnedNode(arch: Arch): void {
  const pinned = pinnedVersion(arch);
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

/**
 * Copies Node without its symbol table, which makes it a fifth smaller. The symbols stay if this machine has no strip for that
 * processor (Debian package binutils). Runs before pkg adds the program: strip breaks the finished executable.
 */
function nodeWithoutSymbols(work: string, arch: Arch): string {
  const node = join(work, 'node');
  copyFileSync(nodeFor(arch), node);
  const strip =
    arch === process.arch
      ? 'strip'
      : { x64: 'x86_64-linux-gnu-strip', arm64: 'aarch64-linux-gnu-strip' }[arch];
  const { error, status, stderr } = spawnSync(strip, [node], { encoding: 'utf8' });
  if (error !== undefined) console.warn(`symbols are kept, 30 MB more: ${error.message}`);
  else if (status !== 0) throw new Error(`${strip}: ${stderr}`);
  return node;
}
