import { describe, expect, test } from 'vitest';
import {
  cyclesOf,
  type Import,
  importsOf,
  listSources,
  picture,
  RANKS,
  readSource,
  roomOf,
  targetFile,
} from '../scripts/layers.ts';

const files = listSources();
const imports = files.flatMap((file) => importsOf(file, readSource(file)));

/** Rooms whose imports of ours are narrower than their rank. */
const allowedRooms: Readonly<Record<string, readonly string[]>> = {
  cni: ['sys'],
  ipam: ['cni', 'inet'],
  'plugin/vlan': ['rtnetlink'],
};

/** Which rooms may import what is not in src, by the exact specifier. */
const allowedPackages: Readonly<Record<string, readonly string[]>> = {
  'zod/mini': ['cni', 'ipam', 'plugin/config'],
  'netlink/dist/structs.js': ['netlink', 'rtnetlink'],
  execa: ['sys'],
  '#ffi': ['sys'],
  'lines.js': ['sys'],
  '../../package.json': ['cli'],
};

function isOurs({ target }: Import): boolean {
  return target.startsWith('.') && !(target in allowedPackages);
}

function upward(found: readonly Import[]): readonly Import[] {
  return found.filter(isOurs).filter((each) => {
    const target = roomOf(targetFile(each) ?? '');
    const isBelow = (RANKS[target] ?? Infinity) < (RANKS[each.room] ?? -Infinity);
    const isAllowed = allowedRooms[each.room]?.includes(target) ?? true;
    return target !== each.room && !(isBelow && isAllowed);
  });
}

/** The source as it runs: without comments and what is inside of quotes. */
function codeOf(file: string): string {
  return readSource(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replace(/\/\/.*$/gm, '');
}

describe('imports', () => {
  test('are found in every form that TypeScript has', () => {
    const source = [
      "import * as z from 'a';",
      "import type { B } from 'b';",
      "import {\n  c,\n  type D,\n} from 'c';",
      "import 'd';",
      "export { e } from 'e';",
      "export * from 'f';",
      "const g = await import('g');",
      "const h = require('h');",
      "// import 'not this';",
      "const text = 'import';",
    ].join('\n');
    expect(importsOf('x/y.ts', source).map(({ target }) => target)).toEqual([...'abcdefgh']);
  });

  test('are found in src at all', () => {
    expect(imports.filter(isOurs).length).toBeGreaterThan(10);
  });

  test('of ours name an existing file with its suffix', () => {
    const unknown = imports.filter(isOurs).filter((each) => !files.includes(targetFile(each) ?? ''));
    expect(unknown).toEqual([]);
  });

  test('only go down the ranks', () => {
    expect(upward(imports)).toEqual([]);
  });

  test('that go up, across or outside of the allowed rooms are found', () => {
    const wrong: readonly Import[] = [
      { file: 'plugin/config/read.ts', room: 'plugin/config', target: '../bridge/port.ts' },
      { file: 'plugin/uplink/vids.ts', room: 'plugin/uplink', target: '../gateway/plan.ts' },
      { file: 'cni/error.ts', room: 'cni', target: '../netlink/error.ts' },
    ];
    expect(upward(wrong)).toEqual(wrong);
  });

  test('have no import cycle', () => {
    expect(cyclesOf(imports)).toEqual([]);
  });

  test('in a cycle are found, each cycle once', () => {
    const arrows = [
      ['cni/a.ts', './b.ts'],
      ['cni/b.ts', './c.ts'],
      ['cni/c.ts', './a.ts'],
      ['cni/c.ts', './d.ts'],
      ['cni/x.ts', './c.ts'],
    ] as const;
    const circular = arrows.map(([file, target]) => ({ file, room: 'cni', target }));
    expect(cyclesOf(circular)).toEqual([['cni/a.ts', 'cni/b.ts', 'cni/c.ts']]);
  });

  test('are shown by room', () => {
    expect(picture(files, imports)).toMatch(/^ 4 {2}plugin\/config +\d+ {2}-> .*plugin\/vlan/m);
  });

  test('never bring in anything else where it does not belong', () => {
    const misplaced = imports.filter((found) => {
      const isBuiltIn = found.target.startsWith('node:');
      return !isOurs(found) && !isBuiltIn && !allowedPackages[found.target]?.includes(found.room);
    });
    expect(misplaced).toEqual([]);
  });
});

describe('files in src', () => {
  test('are TypeScript in a room with a rank, or main.ts, or the C host in native, or README.md', () => {
    const inRoom = /^((plugin\/)?\w+\/[\w.-]+\.ts|sys\/native\/[\w.-]+\.ts|main\.ts)$/;
    const others = files.filter((file) => !inRoom.test(file) || !(roomOf(file) in RANKS));
    expect(others.filter((file) => !/^(native\/[\w-]+\.[ch]|README\.md)$/.test(file))).toEqual([]);
  });

  test('have at most 200 lines', () => {
    expect(files.filter((file) => readSource(file).trimEnd().split('\n').length > 200)).toEqual([]);
  });

  test.each([
    ['default export', /\bexport\s+default\b|\bas\s+default\b/],
    ['asynchronous code', /\basync\b|\bawait\b|\bPromise\b/],
  ])('have no %s', (_what, forbidden) => {
    expect(files.filter((file) => forbidden.test(codeOf(file)))).toEqual([]);
  });

  test('leave nothing to be done later', () => {
    expect(files.filter((file) => /TODO|FIXME|XXX/.test(readSource(file)))).toEqual([]);
  });

  test('are imported by name, so none is called index.ts', () => {
    expect(files.filter((file) => file.endsWith('index.ts'))).toEqual([]);
  });
});
