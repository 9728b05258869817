import type { Handlers } from '../cni/dispatch.ts';
import { add } from './add.ts';
import { check } from './check.ts';
import { del } from './del.ts';
import { gc } from './gc.ts';
import { status } from './status.ts';

/** What this plugin does for each verb. */
export const handlers: Handlers = { ADD: add, DEL: del, CHECK: check, GC: gc, STATUS: status };
