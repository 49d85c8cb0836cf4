/** Figures of several runs. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * The middle value and the extremes.
 *
 * @param values At least one.
 * @returns With an even count, the median is the mean of the middle two.
 */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle]!;
  const median = sorted.length % 2 === 1 ? high : (sorted[middle - 1]! + high) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}
