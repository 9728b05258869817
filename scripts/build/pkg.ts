import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import pkgSea from '@yao-pkg/pkg/lib-es5/sea.js';
import { build as bundle } from 'esbuild';
import { ROOT } from '../project/root.ts';
import { type Arch, engine, pinnedVersion } from './engines.ts';

/** esbuild makes one CommonJS file of the sources, pkg puts it into a copy of Node: the path of the executable in `work`. */
export async function buildWithPkg(work: string, arch: Arch): Promise<string> {
  requirePinnedNode(arch);
  const executable = join(work, 'vlan-bridge');
  const script = await bundleSources(work);
  await pkgSea.default(script, {
    nodePath: nodeWithoutSymbols(work, arch),
    // The Node that runs this prepares what is put into the other, of the same version.
    useLocalNode: true,
    seaConfig: seaConfig(arch),
    signature: false,
    targets: [{ nodeRange: 'node26', platform: 'linux', arch, output: executable }],
  });
  return executable;
}

/**
 * Runs before the program. NODE_DEBUG is a variable that Node obeys in a single executable without a flag against it: it writes to
 * process.stderr, which the program itself never uses (it writes to descriptor 2).
 */
const PRELUDE = 'if (process.env.NODE_DEBUG) process.stderr.write = () => true;';

/** What Node itself is told, whatever the caller's environment and arguments say. */
function seaConfig(arch: Arch) {
  return {
    disableExperimentalSEAWarning: true,
    // Compiled functions are stored in the executable: 10 % less start-up time, and only this machine's processor can
    // compile them. A snapshot made it slower.
    useCodeCache: arch === process.arch,
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
      // As much as a call allocates: collecting it on the way takes three milliseconds.
      '--min-semi-space-size=16',
    ],
  } as const;
}

/** The Node that runs this script has to be the one that becomes the executable. */
function requirePinnedNode(arch: Arch): void {
  const pinned = pinnedVersion('node', arch);
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
 * A copy of Node without its symbol table, a fifth smaller; as it is when this machine has no strip for that processor (Debian
 * package binutils). It must happen before pkg adds the program: afterwards it breaks the executable.
 */
function nodeWithoutSymbols(work: string, arch: Arch): string {
  const node = join(work, 'node');
  copyFileSync(engine('node', arch), node);
  const strip =
    arch === process.arch
      ? 'strip'
      : { x64: 'x86_64-linux-gnu-strip', arm64: 'aarch64-linux-gnu-strip' }[arch];
  const { error, status, stderr } = spawnSync(strip, [node], { encoding: 'utf8' });
  if (error !== undefined) console.warn(`symbols are kept, 30 MB more: ${error.message}`);
  else if (status !== 0) throw new Error(`${strip}: ${stderr}`);
  return node;
}
