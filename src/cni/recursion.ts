import { ancestorIds, processId } from '../sys/process-tree.ts';
import { isOwnFile } from '../sys/program.ts';
import { CniError, errorCode } from './error.ts';
import type { Environment } from './request.ts';

/** A plugin that, run as a delegate, leads back to this one: an error in the configuration, whatever the node is like. */
export class RecursionError extends CniError {
  constructor(msg: string) {
    super(errorCode.invalidConfig, msg);
  }
}

/** The processes of this plugin that wait for the call, outermost first: pids and times of start, as `processId` has them. */
const CALLERS = 'VLAN_BRIDGE_CALLERS';

/** A delegate that is made of this plugin and others does with one or two. */
const MAX_CALLERS = 4;

/**
 * Refuses a delegate that is this plugin's own file, and any delegate of a call that too many calls of this plugin wait for.
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

/** The environment of a delegate, which tells calls of this plugin beneath it that this one waits. */
export function withCaller(environment: Environment): Environment {
  const callers = [...callersOf(environment), processId()].filter((id) => id !== undefined);
  return { ...environment, [CALLERS]: callers.join(',') };
}

/** Who is no ancestor does not wait for this call: the variable was left over, or made up. */
function callersOf({ [CALLERS]: value }: Environment): readonly string[] {
  if (!value) return [];
  const ancestors = new Set(ancestorIds());
  return [...new Set(value.split(','))].filter((id) => ancestors.has(id));
}
