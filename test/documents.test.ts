import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RELIABILITY } from '../scripts/groups/groups.ts';
import { RANKS } from '../scripts/layers.ts';
import { ROOT } from '../scripts/project/root.ts';
import config from './vitest.config.ts';

const DOCUMENTS = ['README.md', 'src/README.md', 'test/README.md', 'scripts/bench/README.md'];

function textOf(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8');
}

/** The addresses of the Markdown links, without those that lead out of the project. */
function linksOf(text: string): readonly string[] {
  const links = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, address = '']) => address);
  return links.filter((address) => !address.startsWith('http'));
}

/** The paths of the project that the document names outside of links; `*` stands for any name. */
function pathsOf(text: string): readonly string[] {
  const found = text.matchAll(/(?<![\w./-])(?:\.\/)?((?:src|test|scripts)\/[\w./*-]*[\w*])/g);
  return [...new Set(Array.from(found, ([, path = '']) => path))];
}

/** How a heading is called in a link. */
function anchorsOf(text: string): readonly string[] {
  const headings = Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

function deadLinks(document: string, text: string): readonly string[] {
  return linksOf(text).filter((address) => {
    const [path = '', anchor] = address.split('#');
    const target = path === '' ? document : join(dirname(document), path);
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !anchorsOf(textOf(target)).includes(anchor);
  });
}

function missingPaths(text: string): readonly string[] {
  return pathsOf(text).filter((path) => globSync(path, { cwd: ROOT }).length === 0);
}

describe.each(DOCUMENTS)('%s', (document) => {
  const text = textOf(document);

  test('has only links that lead to a file, and to a heading in it', () => {
    expect(deadLinks(document, text)).toEqual([]);
  });

  test('names only files that exist', () => {
    expect(missingPaths(text)).toEqual([]);
  });
});

test('a document leads to each of the others', () => {
  const targets = DOCUMENTS.flatMap((document) =>
    linksOf(textOf(document)).map((address) => join(dirname(document), address.replace(/#.*/, ''))),
  );
  expect(DOCUMENTS.filter((document) => !targets.includes(document))).toEqual([]);
});

test('a link to nothing, a heading that is not there and a file that is not there are found', () => {
  const text = '[a](src/nothing.ts) [b](README.md#nothing) [c](#d) `test/nothing.ts` [e](src/main.ts)\n# D\n';
  expect(deadLinks('README.md', text)).toEqual(['src/nothing.ts', 'README.md#nothing', '#d']);
  expect(missingPaths(text)).toEqual(['src/nothing.ts', 'test/nothing.ts']);
});

describe('src/README.md', () => {
  const text = textOf('src/README.md');
  const sources = globSync('src/**/*.ts', { cwd: ROOT }).map((file) => [file, textOf(file)] as const);

  test('has the ranks of scripts/layers.ts, in their order', () => {
    const rows = Array.from(text.matchAll(/^ ?(\d+) ([\w./]+) {2,}\S/gm), ([, rank, room]) => [
      room,
      Number(rank),
    ]);
    expect(rows).toEqual(Object.entries(RANKS));
  });

  test('names only functions that exist', () => {
    const named = Array.from(text.matchAll(/`(\w+)\(\)`/g), ([, name = '']) => name);
    expect(named.length).toBeGreaterThan(20);
    const code = sources.map(([, source]) => source).join('\n');
    const isThere = (name: string): boolean =>
      new RegExp(`\\b(function ${name}\\b|${name}: \\(|${name}: lock\\.|readonly ${name}:)`).test(code);
    expect(named.filter((name) => !isThere(name))).toEqual([]);
  });

  test('lists every kind of file that the plugin keeps', () => {
    const states = sources.filter(([file]) => file.startsWith('src/plugin/state/'));
    const kept = states.flatMap(([, source]) =>
      Array.from(
        source.matchAll(/SUFFIX = '(\.\w+)'|\$\{path\}(\.\w+)`/g),
        ([, record, lock]) => record ?? lock,
      ),
    );
    const rows = Array.from(text.matchAll(/^\| `NETNS-\w+(\.\w+)` \|/gm), ([, suffix]) => suffix);
    expect(kept.length).toBeGreaterThan(4);
    expect(rows.toSorted()).toEqual(kept.toSorted());
  });

  test('has the marks of the plugin as the source has them', () => {
    const rows = text.matchAll(/^\| [^|]+ \| ([^|]+) \| `(src\/[^`]+)` \|$/gm);
    const marks = Array.from(rows, ([, form = '', file = '']) => ({
      file,
      mark: /`([^`]+)`/.exec(form)?.[1] ?? '',
    }));
    const fixed = marks.filter(({ mark }) => /^(veth|vlan-bridge: |inet |VLAN)/.test(mark));
    expect(fixed.length).toBeGreaterThan(4);
    const isStale = ({ file, mark }: { file: string; mark: string }): boolean =>
      !textOf(file).includes(mark.replace(/[A-Z]+ of .*/, ''));
    expect(fixed.filter(isStale)).toEqual([]);
  });
});

test('test/README.md lists every vitest project', () => {
  const names =
    config.test?.projects?.map((project) => (project as { test: { name: string } }).test.name) ?? [];
  const groups = new Set(names.map((name) => name.replace(/-(pkg|native)$/, '')));
  const rows = Array.from(textOf('test/README.md').matchAll(/^\| `(\w+)` \|/gm), ([, name = '']) => name);
  expect(rows.toSorted()).toEqual([...groups].toSorted());
  expect(rows).toEqual(expect.arrayContaining([...RELIABILITY]));
});
