import { fstatSync, readSync, writeSync } from 'node:fs';
import { beganMs } from './cli/begin.ts';
import type { CniError } from './cni/error.ts';
import { answerVersion } from './cni/version-reply.ts';
import { handlers } from './plugin/commands/handlers.ts';
import { traced, watchOperations } from './sys/trace.ts';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const CHUNK_BYTES = 64 * 1024;
/** linux/major.h, drivers/char/mem.c: st_rdev of /dev/null, character device 1:3. */
const DEV_NULL = 0x103;

function main(): number {
  const { VLAN_BRIDGE_TRACE } = process.env;
  if (!VLAN_BRIDGE_TRACE || VLAN_BRIDGE_TRACE === '0') return run();
  const loadedMs = performance.now();
  const end = loadTrace().startTrace({
    value: VLAN_BRIDGE_TRACE,
    beganMs,
    loadedMs,
    watchOperations,
    write: (line) => write(STDERR, line),
  });
  const exitCode = run();
  end(exitCode);
  return exitCode;
}

/** Loads the protocol when a verb needs it: without it VERSION answers a millisecond earlier. */
function loadDispatch(): typeof import('./cni/dispatch.ts') {
  return require('./cni/dispatch.ts');
}

function loadLibc(): typeof import('./sys/libc.ts') {
  return require('./sys/libc.ts');
}

function loadCli(): typeof import('./cli/cli.ts') {
  return require('./cli/cli.ts');
}

/** Loads the trace only for a traced call. */
function loadTrace(): typeof import('./cli/trace.ts') {
  return require('./cli/trace.ts');
}

/** stdout may fail (EPIPE, ENOSPC): print one line on stderr, never a stack. */
function run(): number {
  try {
    return answer();
  } catch (error) {
    write(STDERR, `vlan-bridge: ${inOneLine(error)}\n`);
    return 1;
  }
}

/** Joins message and details of an error: the details name each change that could not be rolled back. */
function inOneLine(error: unknown): string {
  const { message = String(error), details } = error as Partial<CniError>;
  return [message, ...(details?.split('\n') ?? [])].join('; ');
}

function answer(): number {
  const { CNI_COMMAND } = process.env;
  if (CNI_COMMAND) return reply(CNI_COMMAND);
  const { stdout, stderr, exitCode } = loadCli().runCli(process.argv.slice(2));
  write(STDOUT, stdout);
  write(STDERR, stderr);
  return exitCode;
}

function reply(command: string): 0 | 1 {
  if (command === 'VERSION') {
    const stdout = answerVersion(readStdin);
    traced('write the result', () => write(STDOUT, stdout));
    return 0;
  }
  const { dispatch } = traced('load the protocol', loadDispatch);
  const writeStdout = (text: string): void =>
    traced('write the result', () => {
      requireStdout();
      loadLibc().onFile('stdout', () => write(STDOUT, text));
    });
  return dispatch(process.env, { readStdin, writeStdout }, handlers);
}

/**
 * Checks that stdout is open. The engine replaces a closed stdout by /dev/null, open for reading and writing. Without this check
 * every write would succeed and the runtime would get no result. A /dev/null of the caller's redirection is not readable.
 * @throws Error when stdout is closed
 */
function requireStdout(): void {
  if (fstatSync(STDOUT).rdev !== DEV_NULL) return;
  try {
    readSync(STDOUT, Buffer.alloc(1));
  } catch {
    return;
  }
  throw new Error('write "stdout": EBADF (it is closed)');
}

function readStdin(limitBytes: number): Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  while (length < limitBytes) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, limitBytes - length));
    const count = readSync(STDIN, chunk);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    length += count;
  }
  return Buffer.concat(chunks, length);
}

function write(fd: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest));
}

function exit(exitCode: number): void {
  const { CNI_COMMAND, NODE_V8_COVERAGE } = process.env;
  // For VERSION process.exit is faster: loading the C library takes longer than the exit work of the engine.
  if (CNI_COMMAND === 'VERSION' && !NODE_V8_COVERAGE) process.exit(exitCode);
  // The exit work of the engine takes milliseconds. It would also write a file when the caller's environment has
  // NODE_V8_COVERAGE.
  loadLibc().exitProcess(exitCode);
}

exit(main());
