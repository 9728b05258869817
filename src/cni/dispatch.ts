import { traced } from '../sys/trace.ts';
import { formatError } from './error.ts';
import { findVersion, type ReadStdin, readInput } from './input.ts';
import { type Environment, makeRequest, type Request, readVariables, type Verb } from './request.ts';
import { formatResult, type Result } from './result.ts';
import { type CniVersion, newestVersion } from './version.ts';

/** What a plugin does for each verb; the success of a verb that it leaves out is to do nothing. */
export type Handlers = {
  readonly [V in Verb]?: (request: Request) => Result | undefined;
};

/** What the process is to write on stdout and to exit with. */
export type Reply = { readonly stdout: string; readonly exitCode: 0 | 1 };

/**
 * The whole CNI protocol of one call, but for VERSION: environment and stdin in, stdout and exit code out. Never throws.
 *
 * The order of the checks is that of the reference (containernetworking/cni, pkg/skel), except that an unknown
 * CNI_COMMAND is refused before stdin is read.
 */
export function dispatch(env: Environment, readStdin: ReadStdin, handlers: Handlers): Reply {
  let cniVersion: CniVersion = newestVersion;
  try {
    const variables = readVariables(env);
    const input = traced('read stdin', () => readInput(readStdin));
    cniVersion = findVersion(input) ?? newestVersion;
    const request = makeRequest(variables, input);
    const result = handlers[request.verb]?.(request);
    return {
      stdout: result === undefined ? '' : formatResult(result, cniVersion),
      exitCode: 0,
    };
  } catch (error) {
    return { stdout: formatError(error, cniVersion), exitCode: 1 };
  }
}
