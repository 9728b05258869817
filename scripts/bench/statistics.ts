/** A value and the middle half of what it was made of. */
export type Spread = { readonly median: number; readonly low: number; readonly high: number };

/**
 * The value below which a share of the values lies, interpolated between its two neighbours in order, which is what R and NumPy
 * do unless told otherwise. NaN of no values.
 * @param share 0 to 1
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The arithmetic mean. NaN of no values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * How values compare with the reference's of the same rounds: every round's ratio is taken on its own, so that what slows the
 * machine down for a while slows both; of these ratios the median and the quartiles.
 * @throws Error when the two were not taken in the same rounds
 */
export function pairedRatio(values: readonly number[], reference: readonly number[]): Spread {
  if (values.length !== reference.length)
    throw new Error(`${values.length} values and ${reference.length} of the reference are no pairs`);
  const ratios = values.map((value, round) => value / (reference[round] ?? Number.NaN));
  return { median: median(ratios), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) };
}
