import { randomNumbers } from '../../helpers/soak.ts';
import { BRIDGES, COLLECTED, type Network, POD_COUNT, TARGETS, type Target } from './testbed.ts';

/** Something that happens at the same time as the others; moments are counted from the common start, in the time that an ADD takes in peace. */
export type Action = { readonly at: number } & (
  | { readonly kind: 'ADD' | 'DEL'; readonly target: Target; readonly kill: Kill | undefined }
  | { readonly kind: 'CHECK'; readonly target: Target }
  | { readonly kind: 'GC'; readonly network: Network; readonly valid: readonly Target[] | undefined }
  | { readonly kind: 'STATUS'; readonly network: Network }
  | { readonly kind: 'delete bridge'; readonly bridge: string }
  | { readonly kind: 'rename link'; readonly target: Target }
  | { readonly kind: 'remove netns'; readonly pod: number }
);

/** When a call is killed (SIGKILL), if it is still there then. */
export type Kill = { readonly after: number } | { readonly beforeMessage: number };

/** What is attached beforehand, at least one, and what happens then, all at once. */
export type Schedule = { readonly before: readonly Target[]; readonly actions: readonly Action[] };

type Draw = {
  readonly random: () => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(items: readonly T[]) => T;
};

const CALLS = 10;
/** The calls are about few attachments, so that they meet. */
const HOT_TARGETS = 5;

/** Draws a schedule, the same one for the same seed. */
export function drawSchedule(seed: number): Schedule {
  const random = randomNumbers(seed);
  const chance = (probability: number): boolean => random() < probability;
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const draw = { random, chance, pick };
  const hot = Array.from({ length: HOT_TARGETS }, () => pick(TARGETS));
  const before = [...new Set([pick(hot), ...TARGETS.filter(() => chance(0.2))])];
  const calls = Array.from({ length: CALLS }, () => drawCall(draw, { hot, before }));
  return { before, actions: [...calls, ...drawDisturbances(draw, hot)] };
}

function drawCall(
  draw: Draw,
  { hot, before }: { hot: readonly Target[]; before: readonly Target[] },
): Action {
  const { random, chance, pick } = draw;
  const at = random();
  const target = pick(hot);
  const kind = random();
  if (kind < 0.45) return { kind: 'ADD', at, target, kill: chance(0.5) ? drawKill(draw, 16) : undefined };
  if (kind < 0.7) return { kind: 'DEL', at, target, kill: chance(0.3) ? drawKill(draw, 2) : undefined };
  if (kind < 0.8) return { kind: 'CHECK', at, target: pick(before) };
  if (kind < 0.85) return { kind: 'STATUS', at, network: pick(COLLECTED) };
  return { kind: 'GC', at, network: pick(COLLECTED), valid: TARGETS.filter(() => chance(0.9)) };
}

/** @param messages how many the call sends to the kernel, if nothing stops it */
function drawKill({ random, chance }: Draw, messages: number): Kill {
  return chance(0.3)
    ? { after: 0.2 + 1.3 * random() }
    : { beforeMessage: 1 + Math.floor(messages * random()) };
}

/** What others do in the middle. */
function drawDisturbances({ random, chance, pick }: Draw, hot: readonly Target[]): readonly Action[] {
  const at = (): number => 2 * random();
  const drawn: readonly Action[] = [
    { kind: 'delete bridge', at: at(), bridge: pick(BRIDGES) },
    { kind: 'rename link', at: at(), target: pick(hot) },
    { kind: 'remove netns', at: at(), pod: Math.floor(random() * POD_COUNT) },
  ];
  return drawn.filter(() => chance(0.3));
}
