/**
 * Repetitions: every subject runs once per round, in alternating order, so that a slow minute of the machine
 * affects all alike.
 */

export async function inRounds<Subject, Sample>(
  subjects: readonly Subject[],
  rounds: number,
  measure: (subject: Subject, round: number) => Promise<Sample>,
): Promise<ReadonlyMap<Subject, readonly Sample[]>> {
  const samples = new Map<Subject, Sample[]>(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of round % 2 === 0 ? subjects : [...subjects].reverse()) {
      samples.get(subject)?.push(await measure(subject, round));
    }
  }
  return samples;
}

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
  return { min: sorted[0] ?? NaN, median, max: sorted.at(-1) ?? NaN };
}

export const medianOf = (values: readonly number[]): number => spreadOf(values).median;

/** Formats values as `1,234 (1,100 – 1,300)`: the median and the range. */
export function show(values: readonly number[], digits = 0): string {
  const { min, median, max } = spreadOf(values);
  const text = (value: number): string =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${text(median)} (${text(min)} – ${text(max)})`;
}

/** Runs `count` calls, `width` at a time. */
export async function atOnce(count: number, width: number, call: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await call(next - 1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
}
