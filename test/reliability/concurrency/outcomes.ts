import type { Event } from './events.ts';
import type { Target } from './testbed.ts';

/** What the events say about an attachment: it must be there, it must not, or calls met so that it may. */
export type Outcome = 'attached' | 'detached' | 'either';

/**
 * What has become of the attachment when all calls have ended and what killed ones left has been swept: it is there when the last
 * ADD that succeeded was followed, or met, by nothing that takes it away.
 */
export function outcomeOf(target: Target, events: readonly Event[]): Outcome {
  if (isPodRemoved(target, events)) return 'detached';
  const adds = events.filter(({ action, output }) => {
    const isOfTarget = action.kind === 'ADD' && action.target === target;
    return isOfTarget && output?.exitCode !== 1;
  });
  const removals = events.filter((event) => removes(target, event));
  const kept = (add: Event): boolean => removals.every(({ endMs }) => endMs < add.startMs);
  if (adds.some((add) => add.output?.exitCode === 0 && kept(add))) return 'attached';
  const removed = (add: Event): boolean =>
    removals.some(({ startMs, output }) => startMs > add.endMs && output?.exitCode === 0);
  return adds.every(removed) ? 'detached' : 'either';
}

/** Whether somebody has removed the pod's network namespace. */
export function isPodRemoved(target: Target, events: readonly Event[]): boolean {
  return events.some(({ action }) => action.kind === 'remove netns' && action.pod === target.pod);
}

/** Whether somebody has deleted the bridge. */
export function isBridgeDeleted(bridge: string, events: readonly Event[]): boolean {
  return events.some(({ action }) => action.kind === 'delete bridge' && action.bridge === bridge);
}

/** Whether somebody may have renamed the attachment's link in the pod. */
export function isRenamed(target: Target, events: readonly Event[]): boolean {
  return events.some(({ action }) => action.kind === 'rename link' && action.target === target);
}

/** Whether anybody but the plugin had a hand in what the attachment stands on. */
export function isDisturbed(target: Target, events: readonly Event[]): boolean {
  return (
    isPodRemoved(target, events) ||
    isBridgeDeleted(target.network.bridge, events) ||
    isRenamed(target, events)
  );
}

/** Whether the event takes the attachment away, if it gets as far. */
export function removes(target: Target, { action }: Event): boolean {
  if (action.kind === 'DEL') return action.target === target;
  if (action.kind !== 'GC' || action.valid === undefined) return false;
  return action.network === target.network && !action.valid.includes(target);
}
