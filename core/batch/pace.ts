/** Measures how fast items are done, over a sliding window, and predicts when the rest will be done. */
export interface PaceSample {
  readonly atMs: number;
  readonly itemsDone: number;
}

export interface Pace {
  readonly itemsPerSecond?: number;
  readonly etaSeconds?: number;
}

/** The window is long enough to smooth batches that end together, and short enough to follow a fleet that grows. */
const PACE_WINDOW_MS = 30_000;

/** Keeps the samples of the window and the last one before it, from which the window begins. */
export function addSample(
  samples: readonly PaceSample[],
  sample: PaceSample,
  windowMs: number = PACE_WINDOW_MS,
): readonly PaceSample[] {
  const all = [...samples, sample];
  const firstInside = all.findIndex(({ atMs }) => atMs >= sample.atMs - windowMs);
  return all.slice(Math.max(0, firstInside - 1));
}

/** The pace is undefined before two samples lie apart, and the end is undefined while no item is done. */
export function paceOf(samples: readonly PaceSample[], itemsTotal: number): Pace {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return {};
  const itemsPerSecond = ((last.itemsDone - first.itemsDone) * 1000) / (last.atMs - first.atMs);
  const left = itemsTotal - last.itemsDone;
  if (left <= 0) return { itemsPerSecond, etaSeconds: 0 };
  return itemsPerSecond > 0 ? { itemsPerSecond, etaSeconds: left / itemsPerSecond } : { itemsPerSecond };
}
