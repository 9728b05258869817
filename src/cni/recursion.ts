import { ancestorIds, processId } from '../sys/process-tree.ts';
import { isOwnFile } from '../sys/program.ts';
import { CniError, errorCode } from './error.ts';
import type { Environment } from './request.ts';

/** The delegate leads back to this plugin: an error in the configuration, on any node. */
export class RecursionError extends CniError {
  constructor(msg: string) {
    super(errorCode.invalidConfig, msg);
  }
}

/** The environment variable with the processes of this plugin that wait for the call, outermost first, by `processId`. */
const CALLERS = 'VLAN_BRIDGE_CALLERS';

/** A legitimate delegate that itself runs this plugin needs one or two. */
const MAX_CALLERS = 4;

/**
 * Refuses a delegate that is this plugin's own executable. Refuses any delegate when MAX_CALLERS calls of this plugin already
 * wait for this call.
 * @throws RecursionError
 */
export function refuseRecursion(type: string, file: string, environment: Environment): void {
  if (isOwnFile(file)) {
    const remedy = 'name an IPAM plugin, such as "host-local"';
    throw new RecursionError(`ipam.type "${type}" leads to this plugin itself, "${file}"; ${remedy}`);
  }
  const { length } = callersOf(environment);
  if (length < MAX_CALLERS) return;
  const reason = `${length} calls of this plugin wait for this one already, each by its IPAM plugin`;
  throw new RecursionError(`ipam.type "${type}" is not run, "${file}": ${reason}`);
}

/** Makes the environment of a delegate: CALLERS tells later calls of this plugin that this call waits for them. */
export function withCaller(environment: Environment): Environment {
  const callers = [...callersOf(environment), processId()].filter((id) => id !== undefined);
  return { ...environment, [CALLERS]: callers.join(',') };
}

/** Reads CALLERS. Skips processes that are not ancestors: they do not wait for this call, and the variable is stale or forged. */
function callersOf({ [CALLERS]: value }: Environment): readonly string[] {
  if (!value) return [];
  const ancestors = new Set(ancestorIds());
  return [...new Set(value.split(','))].filter((id) => ancestors.has(id));
}
