import { randomNumbers } from '../../helpers/soak.ts';

/** Decisions that are the same for the same seed. */
export type Chance = {
  /** A whole number from 0 up to `end`, which it is not. */
  readonly below: (end: number) => number;
  /** True this often: 0 is never, 1 always. */
  readonly is: (share: number) => boolean;
  readonly pick: <Item>(items: readonly Item[]) => Item;
  /** What `make` makes, `least` to `most` times. */
  readonly many: <Item>(least: number, most: number, make: () => Item) => readonly Item[];
};

/** The decisions about one input of a run: each input has its own, so that one can be made again without those before it. */
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
