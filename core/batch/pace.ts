/** How fast items get done, over a sliding window, and when the rest will be. */
export interface PaceSample {
  readonly atMs: number;
  readonly itemsDone: number;
}

export interface Pace {
  readonly itemsPerSecond?: number;
  readonly etaSeconds?: number;
}

/** Long enough to smooth batches that end together, short enough to follow a fleet that grows. */
const PACE_WINDOW_MS = 30_000;

/** Keeps what the window needs: its samples and the last one before it, which says where the window began. */
export function addSample(
  samples: readonly PaceSample[],
  sample: PaceSample,
  windowMs: number = PACE_WINDOW_MS,
): readonly PaceSample[] {
  const all = [...samples, sample];
  const firstInside = all.findIndex(({ atMs }) => atMs >= sample.atMs - windowMs);
  return all.slice(Math.max(0, firstInside - 1));
}

/** Nothing is said of the pace before two samples lie apart, and nothing of the end while nothing gets done. */
export function paceOf(samples: readonly PaceSample[], itemsTotal: number): Pace {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return {};
  const itemsPerSecond = ((last.itemsDone - first.itemsDone) * 1000) / (last.atMs - first.atMs);
  const left = itemsTotal - last.itemsDone;
  if (left <= 0) return { itemsPerSecond, etaSeconds: 0 };
  return itemsPerSecond > 0 ? { itemsPerSecond, etaSeconds: left / itemsPerSecond } : { itemsPerSecond };
}
