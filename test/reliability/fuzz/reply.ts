import { supportedVersions } from '../../../src/cni/version.ts';

/** What the plugin answered: to a runtime, on stdout, and by its exit code. */
export type Answer = { readonly stdout: string; readonly exitCode: number | undefined };

/** What is not as CNI wants it in an answer, a sentence each. */
export function answerProblems({ stdout, exitCode }: Answer, verb: string): readonly string[] {
  if (exitCode !== 0 && exitCode !== 1) return [`it exits with ${exitCode}`];
  const document = parse(stdout);
  if (exitCode === 0) return successProblems(stdout, document, verb);
  if (!isObject(document)) return ['the error is not one JSON object'];
  const { cniVersion, code, msg, details, ...more } = document;
  return [
    isVersion(cniVersion) ? '' : 'the error has no cniVersion',
    Number.isInteger(code) ? '' : 'the error has no code',
    typeof msg === 'string' ? '' : 'the error has no msg',
    details === undefined || typeof details === 'string' ? '' : 'details is no text',
    Object.keys(more).length === 0 ? '' : `the error has ${Object.keys(more)} too`,
    ...[msg, details].map((words) => (typeof words === 'string' ? wordsProblem(words) : '')),
    // A delegate that fails without an error of its own is 999, whatever its name.
    code === UNFORESEEN && !/^plugin "|; IPAM plugin "|^IPAM plugin "/.test(String(msg))
      ? 'nobody foresaw it'
      : '',
  ].filter((problem) => problem !== '');
}

function successProblems(stdout: string, document: unknown, verb: string): readonly string[] {
  if (verb !== 'ADD' && verb !== 'VERSION') return stdout === '' ? [] : ['it prints something'];
  if (!isObject(document)) return ['the result is not one JSON object'];
  return isVersion(document.cniVersion) ? [] : ['the result has no cniVersion'];
}

const UNFORESEEN = 999;

/** Signs of a value, or an error, that nobody thought of. Inputs do not hold these words. */
const SIGNS =
  /undefined|\[object|\bNaN\b|^\s+at .+:\d+|call stack|is not a function|is not iterable|Cannot read prop|null bytes/m;

function wordsProblem(words: string): string {
  const [sign] = SIGNS.exec(words) ?? [];
  return sign === undefined ? '' : `it says "${sign}"`;
}

function isVersion(value: unknown): boolean {
  return supportedVersions.some((version) => version === value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
