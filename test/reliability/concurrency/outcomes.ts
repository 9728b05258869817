import type { Event } from './events.ts';
import type { Target } from './testbed.ts';

/** What follows from the events for an attachment: it must exist, it must not exist, or, after concurrent calls, it may. */
export type Outcome = 'attached' | 'detached' | 'either';

/**
 * The outcome for the attachment after all calls and the recovery of killed ones: it exists when no event that removes it overlapped or
 * followed the last ADD that succeeded.
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

/** Whether the schedule removed the pod's network namespace. */
export function isPodRemoved(target: Target, events: readonly Event[]): boolean {
  return events.some(({ action }) => action.kind === 'remove netns' && action.pod === target.pod);
}

/** Whether the schedule deleted the bridge. */
export function isBridgeDeleted(bridge: string, events: readonly Event[]): boolean {
  return events.some(({ action }) => action.kind === 'delete bridge' && action.bridge === bridge);
}

/** Whether the schedule may have renamed the attachment's link in the pod. */
export function isRenamed(target: Target, events: readonly Event[]): boolean {
  return events.some(({ action }) => action.kind === 'rename link' && action.target === target);
}

/** Whether the schedule changed an object that the attachment needs. */
export function isDisturbed(target: Target, events: readonly Event[]): boolean {
  return (
    isPodRemoved(target, events) ||
    isBridgeDeleted(target.network.bridge, events) ||
    isRenamed(target, events)
  );
}

/** Whether the event removes the attachment if it gets that far. */
export function removes(target: Target, { action }: Event): boolean {
  if (action.kind === 'DEL') return action.target === target;
  if (action.kind !== 'GC' || action.valid === undefined) return false;
  return action.network === target.network && !action.valid.includes(target);
}
