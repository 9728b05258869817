import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ROOT } from '../project/root.ts';
import type { Contender, ContenderFacts } from './run.ts';

/** The path of the reference plugin in Debian's package. */
const REFERENCE = '/usr/lib/cni/bridge';
/** The paths of iproute2 in distributions. */
const IP = ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'];

/**
 * The contenders: ours, the reference of Debian's package if it is installed, the peers, and iproute2.
 * @param peers other `bridge` executables, as NAME=PATH
 * @param only their names; all if empty
 * @throws Error that names a missing executable and the remedy
 */
export function findContenders(peers: readonly string[], only: readonly string[]): readonly Contender[] {
  const all: readonly Contender[] = [
    ...(existsSync(REFERENCE) ? [{ name: 'reference', kind: 'reference', path: REFERENCE } as const] : []),
    ...peers.map(parsePeer),
    ...(['native', 'pkg'] as const).map(
      (name) => ({ name, kind: 'ours', path: join(ROOT, `dist/${name}/vlan-bridge`) }) as const,
    ),
    { name: 'iproute2', kind: 'floor', path: IP.find(existsSync) ?? 'ip' },
  ];
  const names = all.map(({ name }) => name);
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new Error(`no contender "${unknown.join(', ')}"; there are ${names.join(', ')}`);
  const chosen = all.filter(({ name }) => only.length === 0 || only.includes(name));
  for (const { kind, path } of chosen)
    if (!existsSync(path)) throw new Error(`"${path}" is missing: ${REMEDY[kind]}`);
  return chosen;
}

const REMEDY = {
  ours: 'run "npm run build"',
  reference: 'give the path of an existing executable',
  floor: 'install iproute2',
} as const;

/** The facts about a contender that its files show. */
export function factsOf(contender: Contender): ContenderFacts {
  const files = filesOf(contender);
  return {
    ...contender,
    path: contender.kind === 'ours' ? relative(ROOT, contender.path) : contender.path,
    sizes: files.map((file) => statSync(file).size),
    libraries: [...new Set(files.flatMap(librariesOf))],
    version: versionOf(contender),
  };
}

function parsePeer(text: string): Contender {
  const [, name, path] = /^([\w.-]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || path === undefined) throw new Error(`--peer "${text}": must be NAME=PATH`);
  return { name, kind: 'reference', path: resolve(path) };
}

/** The executables that one ADD needs. The reference has its static IPAM in another executable. */
function filesOf({ kind, path }: Contender): readonly string[] {
  return kind === 'reference' ? [path, join(dirname(path), 'static')] : [path];
}

function librariesOf(file: string): readonly string[] {
  const { error, status, stdout, stderr } = spawnSync('readelf', ['-d', file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`readelf -d ${file}: ${error?.message ?? stderr}; install binutils`);
  return Array.from(stdout.matchAll(/\(NEEDED\).*\[(.*)\]/g), ([, name = '']) => name);
}

function versionOf({ kind, path }: Contender): string {
  const own =
    kind === 'reference'
      ? spawnSync(path, { env: {}, encoding: 'utf8' }).stderr
      : spawnSync(path, [kind === 'floor' ? '-V' : '--version'], { encoding: 'utf8' }).stdout;
  const [line = ''] = own.split('\n');
  return line.includes('unknown') ? (packageOf(path) ?? line) : line;
}

/** The Debian package of the executable with its version: Debian builds the reference without a version. */
function packageOf(path: string): string | undefined {
  const list = '/var/lib/dpkg/info/containernetworking-plugins.list';
  if (!existsSync(list) || !readFileSync(list, 'utf8').split('\n').includes(realpathSync(path)))
    return undefined;
  const format = ['-W', '-f', '$' + '{Package} $' + '{Version}', 'containernetworking-plugins'];
  return spawnSync('dpkg-query', format, { encoding: 'utf8' }).stdout || undefined;
}
