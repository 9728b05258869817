/**
 * The import picture of src: `node scripts/layers.ts` prints the ranks, the rooms and the arrows between them, and every circle of
 * files. test/layers.test.ts holds src against the same tables.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that all file names below are relative to. */
export const SOURCES = fileURLToPath(new URL('../src', import.meta.url));

/** A room imports itself and rooms of lower rank. Rooms of one rank do not import each other. */
export const RANKS: Readonly<Record<string, number>> = {
  'main.ts': 10,
  cli: 9,
  'plugin/commands': 8,
  'plugin/uplink': 7,
  'plugin/gateway': 7,
  'plugin/bridge': 6,
  'plugin/masquerade': 6,
  'plugin/container': 5,
  'plugin/state': 5,
  'plugin/config': 4,
  'plugin/vlan': 3,
  'plugin/failure': 2,
  rtnetlink: 2,
  ipam: 2,
  cni: 1,
  netlink: 1,
  sys: 0,
  inet: 0,
};

/** One import. `target` is the specifier as it is written, `room` the room of `file`. */
export type Import = { readonly file: string; readonly room: string; readonly target: string };

/** All files of src, sorted. */
export function listSources(): readonly string[] {
  return globSync('**/*', { cwd: SOURCES, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(SOURCES.length + 1))
    .sort();
}

/** @param file relative to src */
export function readSource(file: string): string {
  return readFileSync(join(SOURCES, file), 'utf8');
}

/** The room of a file or folder of src: `plugin/bridge` for `plugin/bridge/port.ts`. */
export function roomOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  return first === 'plugin' ? `${first}/${second}` : first;
}

/** The imports in the text of a file, lazy ones and those of types included. */
export function importsOf(file: string, source: string): readonly Import[] {
  const statements =
    /(?:^|;)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s*)?'([^']+)'|\b(?:import|require)\(\s*['"]([^'"]+)['"]/gm;
  const targets = Array.from(source.matchAll(statements), ([, fixed, lazy]) => fixed ?? lazy ?? '');
  return targets.map((target) => ({ file, room: roomOf(file), target }));
}

/** The file of src that an import names; undefined for a package, a built-in module and a file outside of src. */
export function targetFile({ file, target }: Import): string | undefined {
  if (!target.startsWith('.')) return undefined;
  const path = normalize(join(dirname(file), target));
  return path.startsWith('..') ? undefined : path;
}

/** Files that import each other in a circle: each circle once, by its files in order. */
export function circlesOf(imports: readonly Import[]): readonly (readonly string[])[] {
  const targets = new Map<string, string[]>();
  for (const each of imports) {
    const target = targetFile(each);
    if (target !== undefined) targets.set(each.file, [...(targets.get(each.file) ?? []), target]);
  }
  const found = new Map<string, readonly string[]>();
  const finished = new Set<string>();
  const follow = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      const circle = path.slice(start);
      found.set([...circle].sort().join(' '), circle);
    } else if (!finished.has(file)) {
      for (const target of targets.get(file) ?? []) follow(target, [...path, file]);
      finished.add(file);
    }
  };
  for (const file of targets.keys()) follow(file, []);
  return [...found.values()];
}

/** The picture as text: a line for each room, highest rank first, with its files and the rooms that it imports. */
export function picture(files: readonly string[], imports: readonly Import[]): string {
  const rooms = Object.entries(RANKS).map(([room, rank]) => {
    const targets = imports
      .filter((each) => each.room === room)
      .flatMap((each) => targetFile(each) ?? [])
      .map(roomOf)
      .filter((target) => target !== room);
    const own = files.filter((file) => roomOf(file) === room).length;
    const arrows = [...new Set(targets)].sort().join(' ') || '-';
    return `${`${rank}`.padStart(2)}  ${room.padEnd(18)} ${`${own}`.padStart(3)}  -> ${arrows}`;
  });
  const circles = circlesOf(imports).map((circle) => `circle: ${circle.join(' -> ')}`);
  const longest = Math.max(...files.map((file) => readSource(file).trimEnd().split('\n').length));
  const arrows = imports.filter((each) => targetFile(each) !== undefined).length;
  return [
    'rank room           files  imports',
    ...rooms,
    ...circles,
    `${files.length} files, ${arrows} imports, ${circles.length} circles, longest file ${longest} lines`,
    '',
  ].join('\n');
}

if (import.meta.main) {
  const files = listSources();
  console.log(
    picture(
      files,
      files.flatMap((file) => importsOf(file, readSource(file))),
    ).trimEnd(),
  );
}
