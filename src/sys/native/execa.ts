import { Buffer } from './buffer.ts';
import { host } from './host.ts';
import { ERROR_NAMES } from './os.ts';

// The part of execa that the program uses, with the host's posix_spawn.

type Options = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: string;
  readonly timeout: number;
  readonly maxBuffer: number;
};

// asm-generic/signal.h: the names of the signals, by number.
const SIGNALS = [
  ...[
    '',
    'SIGHUP',
    'SIGINT',
    'SIGQUIT',
    'SIGILL',
    'SIGTRAP',
    'SIGABRT',
    'SIGBUS',
    'SIGFPE',
    'SIGKILL',
    'SIGUSR1',
    'SIGSEGV',
  ],
  ...[
    'SIGUSR2',
    'SIGPIPE',
    'SIGALRM',
    'SIGTERM',
    'SIGSTKFLT',
    'SIGCHLD',
    'SIGCONT',
    'SIGSTOP',
    'SIGTSTP',
    'SIGTTIN',
  ],
  ...[
    'SIGTTOU',
    'SIGURG',
    'SIGXCPU',
    'SIGXFSZ',
    'SIGVTALRM',
    'SIGPROF',
    'SIGWINCH',
    'SIGIO',
    'SIGPWR',
    'SIGSYS',
  ],
];

export function execaSync(
  file: string,
  args: readonly string[],
  { env, input, timeout, maxBuffer }: Options,
) {
  const variables = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  const [errno, status, ended, stdout, stderr] = host.spawn(
    file,
    [file, ...args],
    variables,
    Buffer.from(input),
    timeout,
    maxBuffer,
  );
  const started = errno === 0;
  const code = ERROR_NAMES.get(errno);
  // wait(2): the low seven bits are the signal, the next eight the exit code.
  const signal =
    started && (status & 127) !== 0 ? (SIGNALS[status & 127] ?? `signal ${status & 127}`) : undefined;
  const exitCode = started && signal === undefined ? status >> 8 : undefined;
  return {
    stdout: [{ bytes: stdout }],
    stderr: [{ bytes: stderr }],
    code,
    exitCode,
    signal,
    failed: exitCode !== 0 || ended !== 0,
    timedOut: ended === 1,
    isMaxBuffer: ended === 2,
    originalMessage: code === undefined ? undefined : `spawn ${file} ${code}`,
  };
}
