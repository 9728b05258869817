import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { adoptOrphans, killDescendants } from './process-tree.ts';
import { traced } from './trace.ts';

/** The outcome of a run of another executable. */
export type Output = {
  readonly stdout: string;
  readonly stderr: string;
  /** The reason of a failure, in words; `undefined` for exit code 0. */
  readonly failure: string | undefined;
  /** Absent when the program could not be started or was killed. */
  readonly exitCode: number | undefined;
};

/** An executable to run, with its arguments, environment and stdin. */
export type Run = {
  readonly file: string;
  readonly args?: readonly string[];
  /** The whole environment: the program does not inherit ours. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The stdin of the program. The program need not read it. */
  readonly input: string;
  /** Absent: 60,000. */
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
const BUSY_ATTEMPTS = 6;
const BUSY_PAUSE_MS = 200;

/**
 * Runs another executable to its end. Kills it and all its descendants after `timeoutMs` or 4 MiB of output. Retries for one
 * second while the file is open for writing (ETXTBSY), for example during an upgrade. Does not throw when the program fails:
 * see the Output.
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
 * Finds the first regular file of that name in the folders. Returns its absolute path, or `undefined`. Skips a folder that
 * cannot be read, as a shell does.
 */
export function findProgram(name: string, folders: readonly string[]): string | undefined {
  // An absolute path: execa would search PATH for a bare name.
  return folders.map((folder) => resolve(folder, name)).find(isRegularFile);
}

/** Whether the file is the executable of this process, also by another name or a symbolic link. False without /proc. */
export function isOwnFile(file: string): boolean {
  try {
    // As bigint: inode numbers may be larger than 2^53.
    const [own, other] = ['/proc/self/exe', file].map((path) => statSync(path, { bigint: true }));
    return own?.dev === other?.dev && own?.ino === other?.ino;
  } catch {
    return false;
  }
}

/** False when stat(2) fails: no permission for the folder, a name that is too long or has a zero byte. */
function isRegularFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

type Wrapped = { readonly bytes: Uint8Array };

/**
 * Wraps output in an object. From text execa builds an error message and escapes each control character: for 4 MiB of zeros
 * this takes half a gigabyte and ten seconds. From objects it builds no message.
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
  // Load execa here: it takes milliseconds, and most calls run no other executable.
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
  // EPIPE with exit code 0: the program succeeded without reading all of its stdin.
  if (result.exitCode === 0 && result.code === 'EPIPE') return undefined;
  if (result.timedOut) return `did not end within ${timeoutMs / 1000} s`;
  if (result.isMaxBuffer) return `printed more than ${MAX_OUTPUT_BYTES} bytes`;
  if (result.signal !== undefined) return `was ended by ${result.signal}`;
  if (result.exitCode === undefined) return `cannot be run (${result.code ?? result.originalMessage})`;
  return `failed with exit code ${result.exitCode}`;
}
