import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { build as bundle, type Plugin } from 'esbuild';
import { ROOT } from '../project/root.ts';

const SRC = join(ROOT, 'src');
const NATIVE = join(SRC, 'sys/native');
const WARM_UP = join(import.meta.dirname, 'warm-up.ts');

/** What the native engine has in place of Node's modules. */
const REPLACED: Readonly<Record<string, string>> = {
  'node:fs': 'fs.ts',
  'node:os': 'os.ts',
  os: 'os.ts',
  'node:path': 'path.ts',
  '#ffi': 'ffi.ts',
  execa: 'execa.ts',
};

export type Program = {
  /** The module that is evaluated at every start. */
  readonly main: string;
  /** Names and lines of the sources stay in it. */
  readonly debug: boolean;
};

/**
 * esbuild makes modules of the sources: `main.js`, which is evaluated at every start, and `library.js` with what it imports, which is
 * evaluated while the snapshot is made: all that the sources load where it is needed.
 * @returns their paths in `work`, those that others import first
 */
export async function bundleForNative(work: string, { main, debug }: Program): Promise<readonly string[]> {
  const { metafile } = await bundle({
    absWorkingDir: ROOT,
    entryPoints: { library: LIBRARY, main },
    outdir: work,
    write: true,
    metafile: true,
    bundle: true,
    splitting: true,
    chunkNames: 'shared',
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['import', 'module'],
    preserveSymlinks: true,
    target: 'es2024',
    minify: !debug,
    sourcemap: debug ? 'external' : false,
    legalComments: 'none',
    logLevel: 'warning',
    inject: [join(NATIVE, 'globals.ts')],
    plugins: [nativeModules(debug)],
  });
  const modules = Object.keys(metafile.outputs).filter((file) => file.endsWith('.js'));
  const paths = modules.map((file) => join(ROOT, file));
  if (debug) paths.push(writeLines(work, paths));
  return paths;
}

/** A module with the source file and line of each line of the others. */
function writeLines(work: string, modules: readonly string[]): string {
  const lines = modules.map((file) => {
    const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
    const count = readFileSync(file, 'utf8').split('\n').length;
    return [basename(file), Array.from({ length: count }, (_, line) => sourceOf(map, line, file))];
  });
  const path = join(work, 'lines.js');
  writeFileSync(path, `export const LINES = ${JSON.stringify(Object.fromEntries(lines))};`);
  return path;
}

function sourceOf(map: SourceMap, line: number, file: string): string | null {
  // The first place of a line is often its indentation, which has none.
  const entry = map.findEntry(line, 1000);
  if (!('originalSource' in entry) || entry.generatedLine !== line) return null;
  return `${relative(ROOT, resolve(dirname(file), entry.originalSource))}:${entry.originalLine + 1}`;
}

const LIBRARY = 'library';

const nativeModules = (debug: boolean): Plugin => ({
  name: 'native',
  setup(build) {
    build.onResolve({ filter: /^lines\.js$/ }, ({ path }) => ({ path, external: true }));
    build.onResolve({ filter: /^library$/ }, () => ({ path: LIBRARY, namespace: LIBRARY }));
    build.onLoad({ filter: /./, namespace: LIBRARY }, () => ({
      contents: [...(debug ? [join(NATIVE, 'debug.ts')] : []), ...lazyModules(), WARM_UP]
        .map((file) => `import './${relative(ROOT, file)}';`)
        .join('\n'),
      resolveDir: ROOT,
    }));
    build.onResolve({ filter: /^(?:node:\w+|os|#ffi|execa)$/ }, ({ path, importer }) => {
      const file = REPLACED[path];
      if (file === undefined)
        throw new Error(`the native engine has no "${path}", which ${importer} imports`);
      return { path: join(NATIVE, file) };
    });
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => ({
      contents: withStaticImports(readFileSync(path, 'utf8')),
      loader: 'ts',
    }));
  },
});

const REQUIRE = /\brequire\('([^']+)'\)/g;

/** The modules that the sources load where they are needed. */
function lazyModules(): readonly string[] {
  const files = globSync('**/*.ts', { cwd: SRC }).sort();
  const lazy = files.flatMap((file) =>
    Array.from(readFileSync(join(SRC, file), 'utf8').matchAll(REQUIRE), ([, path = '']) =>
      resolve(SRC, dirname(file), path),
    ),
  );
  return [...new Set(lazy.filter((file) => file.endsWith('.ts')))].sort();
}

/** In the snapshot all modules are loaded: `require(PATH)` becomes what an import of it, on the first line, gives. */
function withStaticImports(source: string): string {
  const paths: string[] = [];
  const text = source.replace(REQUIRE, (_, path: string) => `lazy${paths.push(path)}`);
  return paths.map((path, index) => `import * as lazy${index + 1} from '${path}';`).join('') + text;
}
