import type { Handlers } from '../cni/dispatch.ts';
import { step } from '../sys/step.ts';

/** What this plugin does for each verb. Loaded when it is called: reading the code of all verbs takes a tenth of an ADD. */
export const handlers: Handlers = {
  ADD: (request, answer) =>
    load('ADD', () => require('./add.ts') as typeof import('./add.ts')).add(request, answer),
  DEL: (request) => load('DEL', () => require('./del.ts') as typeof import('./del.ts')).del(request),
  CHECK: (request) =>
    load('CHECK', () => require('./check.ts') as typeof import('./check.ts')).check(request),
  GC: (request) => load('GC', () => require('./gc.ts') as typeof import('./gc.ts')).gc(request),
  STATUS: (request) =>
    load('STATUS', () => require('./status.ts') as typeof import('./status.ts')).status(request),
};

function load<Module>(verb: string, loadModule: () => Module): Module {
  return step(`load ${verb}`, loadModule);
}
