import { fstatSync, readSync, writeSync } from 'node:fs';
import { beganMs } from './cli/begin.ts';
import type { CniError } from './cni/error.ts';
import { answerVersion } from './cni/version-reply.ts';
import { handlers } from './plugin/commands/handlers.ts';
import { traced, watchSteps } from './sys/trace.ts';

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
    watchSteps,
    write: (line) => write(STDERR, line),
  });
  const exitCode = run();
  end(exitCode);
  return exitCode;
}

/** VERSION, which needs nothing of all this, is answered a millisecond earlier. */
function loadDispatch(): typeof import('./cni/dispatch.ts') {
  return require('./cni/dispatch.ts');
}

function loadLibc(): typeof import('./sys/libc.ts') {
  return require('./sys/libc.ts');
}

function loadCli(): typeof import('./cli/cli.ts') {
  return require('./cli/cli.ts');
}

/** Only a call that is traced pays for it. */
function loadTrace(): typeof import('./cli/trace.ts') {
  return require('./cli/trace.ts');
}

/** Stdout may lead to a closed pipe or a full disk: a line on stderr then, never a stack. */
function run(): number {
  try {
    return answer();
  } catch (error) {
    write(STDERR, `vlan-bridge: ${inOneLine(error)}\n`);
    return 1;
  }
}

/** The details of a CniError say what could not be taken back. */
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
 * An engine that is started with stdout closed opens /dev/null in its place, for reading and writing: every write would succeed. Where
 * a shell has led stdout to /dev/null, it cannot be read.
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
  // After VERSION the engine ends sooner than what would end the process without it is loaded.
  if (CNI_COMMAND === 'VERSION' && !NODE_V8_COVERAGE) process.exit(exitCode);
  // At once: what an engine does at its end takes milliseconds, and NODE_V8_COVERAGE, for one, has it write a file then.
  loadLibc().exitProcess(exitCode);
}

exit(main());
