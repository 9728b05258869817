import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { adoptOrphans, killDescendants } from './process-tree.ts';
import { traced } from './trace.ts';

/** How a run of another executable ended. */
export type Output = {
  readonly stdout: string;
  readonly stderr: string;
  /** Why it is not a success, in words; `undefined` for exit code 0. */
  readonly failure: string | undefined;
  /** Absent when the program did not get as far as exiting by itself. */
  readonly exitCode: number | undefined;
};

/** What to run, and what it gets. */
export type Run = {
  readonly file: string;
  readonly args?: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Its stdin. A program that does not read it is fine. */
  readonly input: string;
  /** 60,000 when absent. */
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
const BUSY_ATTEMPTS = 6;
const BUSY_PAUSE_MS = 200;

/**
 * Runs another executable to its end, for `timeoutMs` and 4 MiB of output at the most; after that it is killed, and with
 * it all that it has started. One that is being replaced (ETXTBSY) is tried again for a second. Never throws: how it went is in the output.
 */
export function runProgram(run: Run): Output {
  adoptOrphans();
  for (let attempt = 1; ; attempt += 1) {
    const result = traced(
      () => `run "${run.file}"`,
      () => execute(run),
    );
    if (result.code === 'ETXTBSY' && attempt < BUSY_ATTEMPTS) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_PAUSE_MS);
      continue;
    }
    if (result.timedOut || result.isMaxBuffer) killDescendants();
    return {
      stdout: textOf(result.stdout),
      stderr: textOf(result.stderr),
      failure: failureOf(result, run.timeoutMs),
      exitCode: result.exitCode,
    };
  }
}

/**
 * The absolute path of the first regular file of that name in the folders; `undefined` when none has it. A folder that cannot be
 * looked into has nothing, as for a shell.
 */
export function findProgram(name: string, folders: readonly string[]): string | undefined {
  // Absolute: what is run by a bare name would be looked for in PATH once more.
  return folders.map((folder) => resolve(folder, name)).find(isRegularFile);
}

/** Whether this process runs that file, whatever its name or the link to it; no without /proc. */
export function isOwnFile(file: string): boolean {
  try {
    // As big integers: inode numbers may be above 2^53.
    const [own, other] = ['/proc/self/exe', file].map((path) => statSync(path, { bigint: true }));
    return own?.dev === other?.dev && own?.ino === other?.ino;
  } catch {
    return false;
  }
}

/** What cannot be looked at is none: a folder that is closed, a name that is too long or holds a zero byte. */
function isRegularFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

type Wrapped = { readonly bytes: Uint8Array };

/**
 * Of a failing program's text execa also makes a message, control characters escaped one by one: half a gigabyte and ten seconds
 * for 4 MiB of zeros. Of an object it makes none.
 */
function* wrap(bytes: unknown): Generator<unknown> {
  yield { bytes };
}

const PIPE = { transform: wrap, binary: true, objectMode: true } as const;
const PIPES = { stdout: PIPE, stderr: PIPE } as const;

function textOf(output: readonly unknown[]): string {
  return Buffer.concat((output as readonly Wrapped[]).map(({ bytes }) => bytes)).toString();
}

function execute({ file, args = [], env, input, timeoutMs = TIMEOUT_MS }: Run) {
  // Loaded here and not at the top: it costs milliseconds, and most calls run no other executable.
  const { execaSync }: typeof import('execa') = require('execa');
  return execaSync(file, args, {
    ...PIPES,
    env,
    extendEnv: false,
    input,
    reject: false,
    stripFinalNewline: false,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT_BYTES,
  });
}

function failureOf(result: ReturnType<typeof execute>, timeoutMs = TIMEOUT_MS): string | undefined {
  if (!result.failed) return undefined;
  // It has ended well before its input was written: it did not need any.
  if (result.exitCode === 0 && result.code === 'EPIPE') return undefined;
  if (result.timedOut) return `did not end within ${timeoutMs / 1000} s`;
  if (result.isMaxBuffer) return `printed more than ${MAX_OUTPUT_BYTES} bytes`;
  if (result.signal !== undefined) return `was ended by ${result.signal}`;
  if (result.exitCode === undefined) return `cannot be run (${result.code ?? result.originalMessage})`;
  return `failed with exit code ${result.exitCode}`;
}
