/** The distributions of times of which a forecast draws: a constant, two points of a distribution of a known form, or measured points. */
import { invariant } from '../invariant.js';
import { drawNormal, drawPoisson, type RandomSource } from './random.js';

export type Times =
  | { readonly kind: 'constant'; readonly ms: number }
  | { readonly kind: 'uniform'; readonly leastMs: number; readonly mostMs: number }
  /** Most items are alike, and few take several times as long: a log-normal distribution. */
  | { readonly kind: 'spread'; readonly medianMs: number; readonly p90Ms: number; readonly longestMs?: number }
  /** Few items take most of the time: a Pareto distribution. Its mean may be infinite, so it has a longest time. */
  | { readonly kind: 'heavy'; readonly medianMs: number; readonly p90Ms: number; readonly longestMs: number }
  /** Measured points, in order. Between them the times grow by equal factors. The first has the share 0, the last the share 1. */
  | { readonly kind: 'measured'; readonly points: readonly TimePoint[] };

export interface TimePoint {
  /** The share of the times that are at most as long. */
  readonly share: number;
  readonly ms: number;
}

export interface TimeSampler {
  readonly meanMs: number;
  readonly draw: (random: RandomSource) => number;
  /** Draws the time of `count` items together. */
  readonly drawSum: (count: number, random: RandomSource) => number;
}

/** Up to this many items of a batch are drawn one by one. */
const FEW_ITEMS = 64;
/** Items of this share, the longest ones, decide how much batches of many items differ. They are drawn one by one as far as they are few. */
const TAIL_SHARE = 0.01;
const FEW_IN_TAIL = 256;

export function samplerOf(times: Times): TimeSampler {
  if (times.kind === 'constant') {
    const { ms } = times;
    return { meanMs: ms, draw: () => ms, drawSum: (count) => count * ms };
  }
  const at = quantileOf(times);
  const body = momentsOf(at, bodyShares());
  const tail = momentsOf(at, tailShares());
  const meanMs = body.mean * (1 - TAIL_SHARE) + tail.mean * TAIL_SHARE;
  const leastMs = at(0);
  const draw = (random: RandomSource): number => at(random());
  const manyOf = ({ mean, deviation }: Moments, count: number, random: RandomSource): number =>
    count === 0 ? 0 : Math.max(count * leastMs, count * mean + Math.sqrt(count) * deviation * drawNormal(random));
  const drawSum = (count: number, random: RandomSource): number => {
    let sum = 0;
    if (count <= FEW_ITEMS) {
      for (let n = 0; n < count; n += 1) sum += draw(random);
      return sum;
    }
    const long = Math.min(count, drawPoisson(count * TAIL_SHARE, random));
    if (long > FEW_IN_TAIL) sum = manyOf(tail, long, random);
    else for (let n = 0; n < long; n += 1) sum += at(1 - TAIL_SHARE * (1 - random()));
    return sum + manyOf(body, count - long, random);
  };
  return { meanMs, draw, drawSum };
}

interface Moments {
  readonly mean: number;
  readonly deviation: number;
}

/** A share of the distribution, with the weight that it has in a mean. */
type WeighedShares = readonly (readonly [share: number, weight: number])[];

const BODY_STEPS = 512;
const TAIL_HALVINGS = 40;
const STEPS_OF_A_HALF = 8;

const bodyShares = (): WeighedShares =>
  Array.from({ length: BODY_STEPS }, (_, step) => [((step + 0.5) / BODY_STEPS) * (1 - TAIL_SHARE), 1 / BODY_STEPS]);

/** The longest times weigh the most, so each half of what is left to the end has as many steps. */
const tailShares = (): WeighedShares =>
  Array.from({ length: TAIL_HALVINGS }, (_, halving) => 0.5 ** (halving + 1)).flatMap((width) =>
    Array.from({ length: STEPS_OF_A_HALF }, (_half, step): [number, number] => [
      1 - TAIL_SHARE * width * (2 - (step + 0.5) / STEPS_OF_A_HALF),
      width / STEPS_OF_A_HALF,
    ]),
  );

function momentsOf(at: (share: number) => number, shares: WeighedShares): Moments {
  const mean = shares.reduce((sum, [share, weight]) => sum + weight * at(share), 0);
  const variance = shares.reduce((sum, [share, weight]) => sum + weight * (at(share) - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(variance) };
}

/** Returns the function from a share to the time that so many of the times do not exceed. */
export function quantileOf(times: Times): (share: number) => number {
  switch (times.kind) {
    case 'constant':
      return () => times.ms;
    case 'uniform':
      return (share) => times.leastMs + share * (times.mostMs - times.leastMs);
    case 'spread': {
      const { medianMs, p90Ms, longestMs = Infinity } = times;
      const sigma = Math.log(p90Ms / medianMs) / normalQuantile(0.9);
      return (share) => Math.min(longestMs, medianMs * Math.exp(sigma * normalQuantile(share)));
    }
    case 'heavy': {
      const { medianMs, p90Ms, longestMs } = times;
      // Half of the times are longer than the median, and a tenth are longer than the ninth tenth: a fifth of that half.
      const alpha = Math.log(5) / Math.log(p90Ms / medianMs);
      const leastMs = medianMs * 0.5 ** (1 / alpha);
      return (share) => Math.min(longestMs, leastMs * (1 - share) ** (-1 / alpha));
    }
    case 'measured':
      return measuredQuantile(times.points);
  }
}

/** A time of 0 has no logarithm, and nothing that is measured takes less than this. */
const LEAST_MS = 1e-6;

function measuredQuantile(points: readonly TimePoint[]): (share: number) => number {
  const logs = points.map(({ share, ms }) => ({ share, log: Math.log(Math.max(LEAST_MS, ms)) }));
  const [first, last] = [logs[0], logs.at(-1)];
  invariant(
    first?.share === 0 && last?.share === 1,
    'Measured points begin with the share 0 and end with the share 1.',
  );
  return (share) => {
    const after = logs.find((point) => point.share >= share) ?? last;
    const before = logs.findLast((point) => point.share <= share) ?? first;
    const width = after.share - before.share;
    return Math.exp(width <= 0 ? after.log : before.log + ((after.log - before.log) * (share - before.share)) / width);
  };
}

const CENTRAL_A = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const CENTRAL_B = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
const OUTER_C = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const OUTER_D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
const OUTER_BELOW = 0.02425;
/** Shares of 0 and 1 would be infinitely far out. */
const OUTERMOST = 1e-12;

const polynomial = (factors: readonly number[], x: number): number =>
  factors.reduce((sum, factor) => sum * x + factor, 0);

/** The quantile of the standard normal distribution, by Acklam's rational approximation (relative error below 1.2e-9). */
export function normalQuantile(share: number): number {
  const p = Math.min(1 - OUTERMOST, Math.max(OUTERMOST, share));
  if (p > 1 - OUTER_BELOW) return -normalQuantile(1 - p);
  if (p < OUTER_BELOW) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(OUTER_C, q) / polynomial(OUTER_D, q);
  }
  const q = p - 0.5;
  const r = q * q;
  return (polynomial(CENTRAL_A, r) * q) / polynomial(CENTRAL_B, r);
}
