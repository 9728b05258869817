import { existsSync } from 'node:fs';
import { execa } from 'execa';

/** One start of an executable: of the one under test, unless `program` names another. */
export type ExecutableRun = {
  /** Path of the network namespace to start it in; that of the test when absent. */
  readonly netns?: string;
  /** The words that start the program, which follows them: strace, for example, by its path. Absent: it is started directly. */
  readonly by?: readonly string[] | undefined;
  /** Path of the program; the executable under test when absent. */
  readonly program?: string | undefined;
  readonly args?: readonly string[];
  /** Its whole environment, without the variables that are undefined. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** stdin; when absent, a pipe that stays open and empty. */
  readonly input?: string | Uint8Array;
  /** Current folder; that of the test when absent. */
  readonly cwd?: string;
  /** 60,000 when absent; a program that takes longer is killed. */
  readonly timeoutMs?: number | undefined;
};

/** How a program ended. */
export type ExecutableOutput = {
  /** undefined when a signal ended the program, also at the end of its time. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
};

const TIMEOUT_MS = 60_000;

/** Runs an executable to its end. Every test that starts the built executable does it here. */
export async function runExecutable(run: ExecutableRun): Promise<ExecutableOutput> {
  // Programs are named by their paths: without PATH in the environment, names would not be found.
  const enter = run.netns === undefined ? [] : ['/usr/bin/nsenter', `--net=${run.netns}`];
  const program = run.program ?? executable();
  const [file = program, ...args] = [...enter, ...(run.by ?? []), program, ...(run.args ?? [])];
  const { exitCode, stdout, stderr } = await execa(file, args, {
    ...(run.input !== undefined && { input: run.input }),
    env: definedOf(run.env ?? {}),
    extendEnv: false,
    ...(run.cwd !== undefined && { cwd: run.cwd }),
    reject: false,
    stripFinalNewline: false,
    timeout: run.timeoutMs ?? TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  return { exitCode, stdout, stderr };
}

/**
 * The executable under test, which the vitest project names.
 * @throws Error when it does not exist
 */
export function executable(): string {
  const path = process.env.VLAN_BRIDGE_EXECUTABLE;
  if (path === undefined) throw new Error('VLAN_BRIDGE_EXECUTABLE is not set');
  if (existsSync(path)) return path;
  throw new Error(`"${path}" does not exist; run "npm run build"`);
}

function definedOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const defined = Object.entries(env).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as Record<string, string>;
}
