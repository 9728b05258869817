import { randomNumbers } from '../../helpers/soak.ts';

/** Decisions that are the same for the same seed. */
export type Chance = {
  /** A whole number from 0 up to, but not including, `end`. */
  readonly below: (end: number) => number;
  /** True with this probability. */
  readonly is: (share: number) => boolean;
  readonly pick: <Item>(items: readonly Item[]) => Item;
  /** A list of `least` to `most` results of `make`. */
  readonly many: <Item>(least: number, most: number, make: () => Item) => readonly Item[];
};

/** The decisions about one input of a run. Each input has its own seed, so that it can be generated again alone. */
export function chanceOf(seed: number, index: number): Chance {
  const next = randomNumbers(seed + Math.imul(index, 0x9e3779b1));
  const below = (end: number): number => Math.floor(next() * end);
  return {
    below,
    is: (share) => next() < share,
    pick: <Item>(items: readonly Item[]): Item => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
    many: (least, most, make) => Array.from({ length: least + below(most - least + 1) }, make),
  };
}
