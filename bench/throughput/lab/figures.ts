/** Statistics of several measurements, in addition to those of support/rounds.ts. */

/** Returns the smallest value that at least the given share (0 to 1) of all values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Returns the best time that is possible for tasks with these single times: the slowest of `count` tasks, on
 * average, or, when not all run at once, the work of each lane.
 */
export function limitOf(
  itemMs: readonly number[],
  { count, atOnce }: { readonly count: number; readonly atOnce: number },
): number {
  if (count > atOnce) return (meanOf(itemMs) * count) / atOnce;
  const slowest: number[] = [];
  for (let at = 0; at + count <= itemMs.length; at += count) slowest.push(Math.max(...itemMs.slice(at, at + count)));
  return meanOf(slowest);
}
