import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

/** Suites of the executables, which are arranged by what the kernel or an attacker does. */
const ON_EXECUTABLES = ['binary', 'kernel', 'reliability'];

const files = globSync('test/**/*.ts', { cwd: ROOT }).toSorted();
const sources = new Map(files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));

/** `kernel` for test/kernel/bridge/port.kernel.test.ts; a file right below test/ is a suite of its own. */
function suiteOf(file: string): string {
  return file.split('/')[1] ?? file;
}

/** src/netlink/socket.ts for test/netlink/socket.test.ts and for test/netlink/socket.refusals.test.ts. */
function subjectsOf(file: string): readonly string[] {
  const path = file.replace(/^test\//, '').replace(/(\.\w+)?\.test\.ts$/, '.ts');
  return [`src/${path}`, `scripts/${path}`, `scripts/${path.replace(/\.ts$/, '.sh')}`];
}

/** The suites that use a helper, themselves or through other helpers. */
function usersOf(helper: string, arrows: readonly (readonly [file: string, target: string])[]): Set<string> {
  const reached = new Set([helper]);
  for (const target of reached) {
    for (const [file, used] of arrows) if (used === target) reached.add(file);
  }
  const suites = [...reached].map(suiteOf);
  return new Set(suites.filter((suite) => suite !== 'helpers'));
}

/** File and target of each import of a file of ours in the given texts. */
function arrowsOf(texts: ReadonlyMap<string, string>): readonly (readonly [file: string, target: string])[] {
  return [...texts].flatMap(([file, text]) =>
    Array.from(text.matchAll(/\b(?:from|import\()\s*'(\.[^']+)'/g), ([, target = '']): [string, string] => [
      file,
      normalize(join(dirname(file), target)),
    ]),
  );
}

describe('unit tests', () => {
  const units = files.filter(
    (file) =>
      file.endsWith('.test.ts') && file.split('/').length > 2 && !ON_EXECUTABLES.includes(suiteOf(file)),
  );

  test('stand where the file that they test stands below src or scripts', () => {
    expect(units.length).toBeGreaterThan(50);
    const misplaced = units.filter((file) => !subjectsOf(file).some((path) => existsSync(join(ROOT, path))));
    expect(misplaced).toEqual([]);
  });
});

describe('test/helpers', () => {
  const helpers = files.filter((file) => suiteOf(file) === 'helpers');

  test('has only what two suites use', () => {
    const arrows = arrowsOf(sources);
    expect(helpers.length).toBeGreaterThan(10);
    expect(helpers.filter((helper) => usersOf(helper, arrows).size < 2)).toEqual([]);
  });

  test('a helper counts as used through another helper, and twice within one suite as once', () => {
    const arrows = arrowsOf(
      new Map([
        ['test/helpers/a.ts', ''],
        ['test/helpers/b.ts', "import { a } from './a.ts';"],
        ['test/kernel/bridge/c.test.ts', "import { b } from '../../helpers/b.ts';"],
        ['test/kernel/uplink/d.test.ts', "import { a } from '../../helpers/a.ts';"],
        ['test/sys/e.test.ts', "const { a } = await import('../helpers/a.ts');"],
      ]),
    );
    expect([...usersOf('test/helpers/a.ts', arrows)].toSorted()).toEqual(['kernel', 'sys']);
    expect([...usersOf('test/helpers/b.ts', arrows)]).toEqual(['kernel']);
  });
});
