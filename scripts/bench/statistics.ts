/** The median and the quartiles of a list of values. */
export type Spread = { readonly median: number; readonly low: number; readonly high: number };

/**
 * The value below which a share of the values lies, interpolated between its two neighbours in order: the default of R and NumPy.
 * NaN for an empty list.
 * @param share 0 to 1
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** The value in the middle. NaN for an empty list. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The arithmetic mean. NaN for an empty list. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The median and quartiles of the ratios of the values to the reference's. Each ratio is that of one round: if the machine is slow
 * for a while, both values of the round are affected.
 * @throws Error if the two lists differ in length
 */
export function pairedRatio(values: readonly number[], reference: readonly number[]): Spread {
  if (values.length !== reference.length)
    throw new Error(`${values.length} values and ${reference.length} of the reference: the rounds differ`);
  const ratios = values.map((value, round) => value / (reference[round] ?? Number.NaN));
  return { median: median(ratios), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) };
}
