import type { Handlers } from '../cni/dispatch.ts';

/** What this plugin does for each verb. Loaded when it is called: reading the code of all verbs takes a tenth of an ADD. */
export const handlers: Handlers = {
  ADD: (request) => (require('./add.ts') as typeof import('./add.ts')).add(request),
  DEL: (request) => (require('./del.ts') as typeof import('./del.ts')).del(request),
  CHECK: (request) => (require('./check.ts') as typeof import('./check.ts')).check(request),
  GC: (request) => (require('./gc.ts') as typeof import('./gc.ts')).gc(request),
  STATUS: (request) => (require('./status.ts') as typeof import('./status.ts')).status(request),
};
