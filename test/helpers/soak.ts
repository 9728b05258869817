/** Whether the long versions of the tests run: `scripts/test --soak`. */
export const soak = process.env.VLAN_BRIDGE_SOAK === '1';

/**
 * The seed of the generated inputs: VLAN_BRIDGE_SEED if it is set. Otherwise it is constant, so that a new failure comes from a change
 * of the code, and different in each soak run. Tests print it.
 */
export const seed = Number(process.env.VLAN_BRIDGE_SEED ?? (soak ? Date.now() % 2 ** 32 : 8021));

/** A source of numbers from 0 up to 1 that gives the same ones for the same seed (mulberry32). */
export function randomNumbers(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
