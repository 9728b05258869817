import { traced } from '../sys/trace.ts';
import { formatError } from './error.ts';
import { findVersion, type ReadStdin, readInput } from './input.ts';
import { type Environment, makeRequest, type Request, readVariables, type Verb } from './request.ts';
import { formatResult, type Result } from './result.ts';
import { type CniVersion, newestVersion } from './version.ts';

/**
 * Writes the result of ADD to stdout. Throws when the result cannot be converted or written: the handler then rolls back and
 * rethrows.
 */
export type Answer = (result: Result) => void;

/** The handler of each verb. A verb without a handler does nothing and succeeds. */
export type Handlers = {
  readonly [V in Verb]?: (request: Request, answer: Answer) => void;
};

/** The standard streams of one call. */
export type Stdio = {
  readonly readStdin: ReadStdin;
  /** Called at most once, with the whole document. Throws when a part of the document cannot be written. */
  readonly writeStdout: (text: string) => void;
};

/**
 * Runs the CNI protocol of one call, except VERSION: reads environment and stdin, calls the handler, writes stdout.
 * The order of the checks is that of the reference (containernetworking/cni, pkg/skel), with one exception: an unknown
 * CNI_COMMAND is refused before stdin is read.
 * @returns the exit code
 * @throws the error of `writeStdout`, or of a handler that failed after it wrote its result: stdout holds only one document
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
