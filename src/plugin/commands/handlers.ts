import type { Handlers } from '../../cni/dispatch.ts';
import { traced } from '../../sys/trace.ts';

/** The directory for locks and records. /run is empty after a reboot, and so are the kernel's links and rules. */
const RUN_DIRECTORY = '/run/vlan-bridge';

/** The handler of each verb. `require` loads only the code of the called verb: loading all verbs takes a tenth of an ADD. */
export const handlers: Handlers = {
  ADD: (request, answer) =>
    load('ADD', () => require('./add.ts') as typeof import('./add.ts')).add(request, RUN_DIRECTORY, answer),
  DEL: (request) =>
    load('DEL', () => require('./del.ts') as typeof import('./del.ts')).del(request, RUN_DIRECTORY),
  CHECK: (request) =>
    load('CHECK', () => require('./check.ts') as typeof import('./check.ts')).check(request, RUN_DIRECTORY),
  GC: (request) =>
    load('GC', () => require('./gc.ts') as typeof import('./gc.ts')).gc(request, RUN_DIRECTORY),
  STATUS: (request) =>
    load('STATUS', () => require('./status.ts') as typeof import('./status.ts')).status(request),
};

function load<Module>(verb: string, loadModule: () => Module): Module {
  return traced(`load ${verb}`, loadModule);
}
