import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { EXEC_TIMEOUT_MS } from '../../helpers/netns.ts';
import type { PluginCall, PluginOutput } from '../../helpers/run-plugin.ts';
import { killAt } from '../../helpers/strace.ts';
import type { Action, Kill, Schedule } from './schedule.ts';
import {
  COLLECTED,
  callAbout,
  callAboutNetwork,
  podOf,
  TARGETS,
  type Target,
  type Testbed,
  validAttachments,
} from './testbed.ts';

/** An action that has ended: when it began and ended, and what the plugin said if it was a call. */
export type Event = {
  readonly action: Action;
  readonly startMs: number;
  readonly endMs: number;
  readonly output: PluginOutput | undefined;
};

/** What the link of a pod is called after somebody has renamed it. */
export const RENAMED = 'renamed0';

/** Carries out the schedule: all that has happened, the attachments made beforehand included. */
export async function runSchedule(
  testbed: Testbed,
  { before, actions }: Schedule,
): Promise<readonly Event[]> {
  const first = await Promise.all(before.map((target) => carryOut(testbed, addOf(target))));
  const unitMs = Math.max(...first.map(({ startMs, endMs }) => endMs - startMs));
  const all = actions.map((action) => carryOut(testbed, action, { unitMs, first }));
  return [...first, ...(await Promise.all(all))];
}

/** The runtime's last calls, which leave no attachment: a DEL of each that there can be, then a GC of each network that can have one. */
export async function bringToEnd(testbed: Testbed): Promise<readonly Event[]> {
  const dels = TARGETS.map((target) => carryOut(testbed, { kind: 'DEL', at: 0, target, kill: undefined }));
  const ended = await Promise.all(dels);
  const gcs = COLLECTED.map((network) => carryOut(testbed, { kind: 'GC', at: 0, network, valid: [] }));
  return [...ended, ...(await Promise.all(gcs))];
}

/** An ADD that nobody kills. */
function addOf(target: Target): Action {
  return { kind: 'ADD', at: 0, target, kill: undefined };
}

/** Carries out one action at its moment, in units of time. */
export async function carryOut(
  testbed: Testbed,
  action: Action,
  { unitMs = 0, first = [] }: { unitMs?: number; first?: readonly Event[] } = {},
): Promise<Event> {
  await setTimeout(action.at * unitMs);
  const startMs = performance.now();
  const output = await perform(testbed, action, { unitMs, first });
  return { action, startMs, endMs: performance.now(), output };
}

async function perform(
  testbed: Testbed,
  action: Action,
  { unitMs, first }: { unitMs: number; first: readonly Event[] },
): Promise<PluginOutput | undefined> {
  switch (action.kind) {
    case 'ADD':
    case 'DEL': {
      const { kind: verb, target, kill } = action;
      return callUntilKilled(kill, unitMs, (more) => callAbout(testbed, target, { verb, ...more }));
    }
    case 'CHECK': {
      const keys = { prevResult: resultOf(action.target, first) };
      return callAbout(testbed, action.target, { verb: 'CHECK', keys });
    }
    case 'GC': {
      const keys = action.valid === undefined ? {} : validAttachments(testbed, action.valid);
      return callAboutNetwork(testbed, action.network, { verb: 'GC', keys });
    }
    case 'STATUS':
      return callAboutNetwork(testbed, action.network, { verb: 'STATUS' });
    default:
      await disturb(testbed, action);
      return undefined;
  }
}

/** Makes the call, and kills it at its moment. */
async function callUntilKilled(
  kill: Kill | undefined,
  unitMs: number,
  call: (more: Pick<PluginCall, 'by' | 'timeoutMs'>) => Promise<PluginOutput>,
): Promise<PluginOutput> {
  if (kill === undefined) return call({});
  if ('after' in kill) return call({ timeoutMs: Math.ceil(kill.after * unitMs) });
  const { output } = await killAt({ name: 'sendto', nth: kill.beforeMessage }, (by) => call({ by }));
  return output;
}

/** The result of ADD that the attachment was made with; something else where it was not made. */
function resultOf(target: Target, first: readonly Event[]): unknown {
  const made = first.find(({ action }) => action.kind === 'ADD' && action.target === target);
  return made?.output?.json ?? { cniVersion: '1.1.0', interfaces: [], ips: [] };
}

type Disturbance = Extract<Action, { kind: 'delete bridge' | 'rename link' | 'remove netns' }>;

/** What is to be disturbed may not be there, now or any more. */
async function disturb(testbed: Testbed, action: Disturbance): Promise<void> {
  await execa('ip', wordsOf(testbed, action), { reject: false, timeout: EXEC_TIMEOUT_MS });
}

function wordsOf(testbed: Testbed, action: Disturbance): readonly string[] {
  if (action.kind === 'delete bridge') return ['-n', testbed.node.name, 'link', 'del', action.bridge];
  if (action.kind === 'remove netns') return ['netns', 'del', testbed.pods[action.pod]?.netns.name ?? ''];
  const { netns } = podOf(testbed, action.target);
  return ['-n', netns.name, 'link', 'set', action.target.network.ifname, 'name', RENAMED];
}
