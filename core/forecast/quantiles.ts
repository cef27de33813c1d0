/** Points of the distribution of what simulated runs came to. */

export interface Quantiles {
  readonly p10: number;
  readonly median: number;
  readonly p90: number;
  readonly mean: number;
}

/** A point between two values is interpolated. A value may be Infinity; then the points above it are, too. */
export function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    p10: pointAt(sorted, 0.1),
    median: pointAt(sorted, 0.5),
    p90: pointAt(sorted, 0.9),
    mean: meanOf(values),
  };
}

export const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

function pointAt(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  // Infinity times zero is not a number.
  return below === above ? below : below + (above - below) * (place - Math.floor(place));
}
