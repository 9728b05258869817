import { traced } from '../sys/trace.ts';
import { formatError } from './error.ts';
import { findVersion, type ReadStdin, readInput } from './input.ts';
import { type Environment, makeRequest, type Request, readVariables, type Verb } from './request.ts';
import { formatResult, type Result } from './result.ts';
import { type CniVersion, newestVersion } from './version.ts';

/**
 * Writes the result of ADD to stdout. A result that cannot be converted or written is a failed ADD: the handler takes back what it
 * did, and throws the error on.
 */
export type Answer = (result: Result) => void;

/** What a plugin does for each verb; the success of a verb that it leaves out is to do nothing. */
export type Handlers = {
  readonly [V in Verb]?: (request: Request, answer: Answer) => void;
};

/** The process as a call sees it. */
export type Stdio = {
  readonly readStdin: ReadStdin;
  /** Called once at most, with the whole document. Throws when it is not written whole. */
  readonly writeStdout: (text: string) => void;
};

/**
 * The whole CNI protocol of one call, but for VERSION: environment and stdin in, stdout and exit code out.
 * @throws the error of `writeStdout`, or of a handler whose result was written: stdout has no room for another document
 *
 * The order of the checks is that of the reference (containernetworking/cni, pkg/skel), except that an unknown
 * CNI_COMMAND is refused before stdin is read.
 */
export function dispatch(env: Environment, { readStdin, writeStdout }: Stdio, handlers: Handlers): 0 | 1 {
  let cniVersion: CniVersion = newestVersion;
  let written = false;
  const write = (text: string): void => {
    written = true;
    writeStdout(text);
  };
  try {
    const variables = readVariables(env);
    const input = traced('read stdin', () => readInput(readStdin));
    cniVersion = findVersion(input) ?? newestVersion;
    const request = makeRequest(variables, input);
    handlers[request.verb]?.(request, (result) => write(formatResult(result, cniVersion)));
    return 0;
  } catch (error) {
    if (written) throw error;
    write(formatError(error, cniVersion));
    return 1;
  }
}
