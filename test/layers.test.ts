import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../src', import.meta.url));
const files = globSync('**/*', { cwd: root, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
  .sort();

/** A folder may import itself and folders of lower rank. */
const ranks: Readonly<Record<string, number>> = {
  sys: 0,
  inet: 0,
  netlink: 1,
  cni: 1,
  rtnetlink: 2,
  ipam: 2,
  plugin: 3,
  cli: 4,
  'main.ts': 5,
};

/** Folders whose imports of ours are narrower than their rank. */
const allowedFolders: Readonly<Record<string, readonly string[]>> = {
  sys: [],
  inet: [],
  cni: ['sys'],
  ipam: ['cni', 'inet'],
};

/** Which folders may import what is not in src, by the exact specifier. */
const allowedPackages: Readonly<Record<string, readonly string[]>> = {
  'zod/mini': ['cni', 'ipam', 'plugin'],
  'netlink/dist/structs.js': ['netlink', 'rtnetlink'],
  execa: ['sys'],
  '#ffi': ['sys'],
  'lines.js': ['sys'],
  'bun:ffi': ['sys'],
  '../../package.json': ['cli'],
};

type Import = { readonly file: string; readonly folder: string; readonly target: string };

const imports = files.flatMap((file) => importsOf(file, read(file)));

function importsOf(file: string, source: string): Import[] {
  const statements =
    /(?:^|;)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s*)?'([^']+)'|\b(?:import|require)\(\s*['"]([^'"]+)['"]/gm;
  const targets = Array.from(source.matchAll(statements), ([, fixed, lazy]) => fixed ?? lazy ?? '');
  return targets.map((target) => ({ file, folder: folderOf(file), target }));
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function folderOf(file: string): string {
  return file.split('/')[0] ?? '';
}

function isOurs({ target }: Import): boolean {
  return target.startsWith('.') && !(target in allowedPackages);
}

/** The source as it runs: without comments and what is inside of quotes. */
function codeOf(file: string): string {
  return read(file)
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
    const unknown = imports.filter(isOurs).filter(({ file, target }) => {
      return !files.includes(normalize(join(dirname(file), target)));
    });
    expect(unknown).toEqual([]);
  });

  test('only go down the ranks', () => {
    const upward = imports.filter(isOurs).filter((found) => {
      const target = folderOf(normalize(join(dirname(found.file), found.target)));
      const isBelow = (ranks[target] ?? Infinity) < (ranks[found.folder] ?? -Infinity);
      const isAllowed = allowedFolders[found.folder]?.includes(target) ?? true;
      return target !== found.folder && !(isBelow && isAllowed);
    });
    expect(upward).toEqual([]);
  });

  test('never bring in anything else where it does not belong', () => {
    const misplaced = imports.filter((found) => {
      const isBuiltIn = found.target.startsWith('node:');
      return !isOurs(found) && !isBuiltIn && !allowedPackages[found.target]?.includes(found.folder);
    });
    expect(misplaced).toEqual([]);
  });
});

describe('files in src', () => {
  test('are TypeScript in a folder with a rank, or main.ts, or the C host in native', () => {
    const place = /^(\w+\/[\w.-]+\.ts|sys\/native\/[\w.-]+\.ts|main\.ts)$/;
    const others = files.filter((file) => !place.test(file) || !(folderOf(file) in ranks));
    expect(others.filter((file) => !/^native\/[\w-]+\.[ch]$/.test(file))).toEqual([]);
  });

  test('have at most 200 lines', () => {
    expect(files.filter((file) => read(file).trimEnd().split('\n').length > 200)).toEqual([]);
  });

  test.each([
    ['default export', /\bexport\s+default\b|\bas\s+default\b/],
    ['asynchronous code', /\basync\b|\bawait\b|\bPromise\b/],
  ])('have no %s', (_what, forbidden) => {
    expect(files.filter((file) => forbidden.test(codeOf(file)))).toEqual([]);
  });

  test('leave nothing to be done later', () => {
    expect(files.filter((file) => /TODO|FIXME|XXX/.test(read(file)))).toEqual([]);
  });

  test('are imported by name, so none is called index.ts', () => {
    expect(files.filter((file) => file.endsWith('index.ts'))).toEqual([]);
  });
});
