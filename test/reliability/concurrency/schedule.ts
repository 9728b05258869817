import { randomNumbers } from '../../helpers/soak.ts';
import { BRIDGES, COLLECTED, type Network, POD_COUNT, TARGETS, type Target } from './testbed.ts';

/** An action of a schedule. Times count from the common start, in units of the duration of an undisturbed ADD. */
export type Action = { readonly at: number } & (
  | { readonly kind: 'ADD' | 'DEL'; readonly target: Target; readonly kill: Kill | undefined }
  | { readonly kind: 'CHECK'; readonly target: Target }
  | { readonly kind: 'GC'; readonly network: Network; readonly valid: readonly Target[] | undefined }
  | { readonly kind: 'STATUS'; readonly network: Network }
  | { readonly kind: 'delete bridge'; readonly bridge: string }
  | { readonly kind: 'rename link'; readonly target: Target }
  | { readonly kind: 'remove netns'; readonly pod: number }
);

/** When a call is killed (SIGKILL), if it still runs then. */
export type Kill = { readonly after: number } | { readonly beforeMessage: number };

/** The attachments made first, at least one, and the concurrent actions after that. */
export type Schedule = { readonly before: readonly Target[]; readonly actions: readonly Action[] };

type Draw = {
  readonly random: () => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(items: readonly T[]) => T;
};

const CALLS = 10;
/** The calls are about few attachments, so that they overlap. */
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

/** @param messages how many messages an undisturbed call sends to the kernel */
function drawKill({ random, chance }: Draw, messages: number): Kill {
  return chance(0.3)
    ? { after: 0.2 + 1.3 * random() }
    : { beforeMessage: 1 + Math.floor(messages * random()) };
}

/** The actions of other programs. */
function drawDisturbances({ random, chance, pick }: Draw, hot: readonly Target[]): readonly Action[] {
  const at = (): number => 2 * random();
  const drawn: readonly Action[] = [
    { kind: 'delete bridge', at: at(), bridge: pick(BRIDGES) },
    { kind: 'rename link', at: at(), target: pick(hot) },
    { kind: 'remove netns', at: at(), pod: Math.floor(random() * POD_COUNT) },
  ];
  return drawn.filter(() => chance(0.3));
}
