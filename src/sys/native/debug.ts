// Only in a debug build: an exit with an error prints the stack of each error on stderr.
import { LINES } from 'lines.js';
import { host } from './host.ts';

type CallSite = {
  readonly getFunctionName: () => string | null;
  readonly getFileName: () => string | null;
  readonly getLineNumber: () => number | null;
};

/** The stack of each error, from the time when the error was made. */
const errors = new Map<Error, readonly string[]>();

Object.assign(Error, {
  prepareStackTrace: (error: Error, callSites: readonly CallSite[]) => {
    const sites = callSites.map(
      (site) => `    at ${site.getFunctionName() || '<anonymous>'} (${sourceOf(site)})`,
    );
    if (!errors.has(error)) errors.set(error, sites);
    return sites.join('\n');
  },
});

/** Returns the file and line of the source. */
function sourceOf(site: CallSite): string {
  const file = site.getFileName() ?? 'native';
  const line = site.getLineNumber() ?? 0;
  return LINES[file]?.[line - 1] ?? `${file}:${line}`;
}

const { _exit } = host;

Object.assign(host, {
  _exit: (code: number) => {
    if (code === 0) return _exit(code);
    for (const [error, sites] of errors)
      host.write(2, host.encode(`${error.name}: ${error.message}\n${sites.join('\n')}\n`));
    return _exit(code);
  },
});
