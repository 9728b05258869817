import { findProgram, type Output, runProgram } from '../sys/program.ts';
import { CniError, errorCode } from './error.ts';
import { parseResult } from './foreign-result.ts';
import { parseJson } from './json.ts';
import { refuseRecursion, withCaller } from './recursion.ts';
import type { Request, Verb } from './request.ts';
import type { Result } from './result.ts';
import { fields, integer, read, text } from './schema.ts';

/**
 * Runs another plugin from CNI_PATH with the environment and stdin of the request (SPEC 1.1.0, section 4). The environment tells
 * it besides that this call waits.
 * @param verb what it is to do, which is not always what the request says
 * @returns what it printed for ADD; `undefined` for the other verbs
 * @throws CniError: its own error as it is; 7 when there is no such plugin, or it leads back to this one; 999 when it hangs, is killed or prints junk
 */
export function runDelegate(type: string, request: Request, verb: Verb): Result | undefined {
  const output = runProgram({
    file: requirePlugin(type, request),
    env: { ...withCaller(request.environment), CNI_COMMAND: verb },
    input: request.stdin,
  });
  if (output.failure !== undefined) throw delegateError(type, verb, output);
  if (verb !== 'ADD') return undefined;
  return parseResult(parseReply(type, output.stdout), request.cniVersion);
}

/**
 * Runs a verb of version 1.1.0, which older plugins refuse as an unknown command (4) or because of the version (1): they have
 * nothing to do for it then.
 */
export function runNewVerb(type: string, request: Request, verb: 'GC' | 'STATUS'): void {
  try {
    runDelegate(type, request, verb);
  } catch (error) {
    const old: readonly number[] = [errorCode.incompatibleVersion, errorCode.invalidEnvironment];
    if (!(error instanceof CniError && old.includes(error.code))) throw error;
  }
}

/**
 * The executable of a plugin: the first regular file of that name in CNI_PATH.
 * @throws CniError 7; a RecursionError where it leads back to this plugin
 */
export function requirePlugin(
  type: string,
  { path, environment }: Pick<Request, 'path' | 'environment'>,
): string {
  if (type.includes('/'))
    throw new CniError(errorCode.invalidConfig, `plugin type "${type}" must not contain "/"`);
  const file = findProgram(type, path);
  if (file !== undefined) {
    refuseRecursion(type, file, environment);
    return file;
  }
  const place = path.length === 0 ? 'CNI_PATH is empty' : `it is not in CNI_PATH "${path.join(':')}"`;
  throw new CniError(errorCode.invalidConfig, `cannot find plugin "${type}": ${place}`);
}

/** A plugin's own error passes through untouched; without one, its words on stderr are the best there is. */
function delegateError(type: string, verb: Verb, output: Output): CniError {
  const own = output.exitCode === undefined ? undefined : printedError(output.stdout);
  if (own !== undefined) return own;
  const words = [output.stderr.trim(), output.stdout.trim()].find((part) => part !== '');
  const details = words?.slice(0, LONGEST_WORDS);
  return new CniError(errorCode.internal, `plugin "${type}" ${output.failure} on ${verb}`, { details });
}

const LONGEST_WORDS = 1000;
const MAX_CODE = 0xffff_ffff;

function printedError(stdout: string): CniError | undefined {
  if (!stdout.trimStart().startsWith('{')) return undefined;
  const code = () => integer({ min: 0, max: MAX_CODE });
  const schema = fields({ msg: text, details: text }, { code });
  try {
    const { data } = read(schema, parseJson(stdout, 'error'));
    return data === undefined
      ? undefined
      : new CniError(data.code, data.msg ?? '', { details: data.details });
  } catch (error) {
    if (error instanceof CniError) return undefined;
    throw error;
  }
}

function parseReply(type: string, stdout: string): unknown {
  if (stdout.trim() === '')
    throw new CniError(errorCode.decodingFailure, `plugin "${type}" printed no result on ADD`);
  return parseJson(stdout, `the result of plugin "${type}"`);
}
