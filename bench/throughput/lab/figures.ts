/** Figures of several measurements, beside those of support/rounds.ts. */

/** The smallest value that at least this share (0 to 1) of all is not above. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The best that can be done with things that took so long by themselves: the slowest of so many, on average; or, when not all are at once, what each lane has to do. */
export function limitOf(
  itemMs: readonly number[],
  { count, atOnce }: { readonly count: number; readonly atOnce: number },
): number {
  if (count > atOnce) return (meanOf(itemMs) * count) / atOnce;
  const slowest: number[] = [];
  for (let at = 0; at + count <= itemMs.length; at += count) slowest.push(Math.max(...itemMs.slice(at, at + count)));
  return meanOf(slowest);
}
