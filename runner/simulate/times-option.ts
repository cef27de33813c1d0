/** Parses the times of a simulation: `20ms`, `10s..60s`, `20ms:p90=60ms`, `20ms:p90=200ms:longest=60s:heavy`. */
import { InvalidArgumentError } from 'commander';
import type { Times } from '../../core/forecast/times.js';

export const TIMES_FORM =
  'a time (20ms), two with equal chances between them (10s..60s), or a median with its 90th percentile (20ms:p90=60ms, also :longest=10s and :heavy)';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
/** No step of a job takes longer than a day. */
const MOST_MS = 86_400_000;
/** Without a bound, one time in a million would outweigh all others of a heavy tail. */
const HEAVY_LONGEST = 1_000;

/** Unlike an option's duration it may be a part of a millisecond. */
function timeMs(text: string | undefined): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text ?? '');
  const ms = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? Number.NaN);
  if (!(ms <= MOST_MS)) throw new InvalidArgumentError(`It must be ${TIMES_FORM}; a time is at most 24h.`);
  return ms;
}

export function times(text: string): Times {
  const [least, most, ...more] = text.split('..');
  if (most !== undefined && more.length === 0) return uniform(timeMs(least), timeMs(most));
  const [median, ...points] = text.split(':');
  const medianMs = timeMs(median);
  if (points.length === 0) return { kind: 'constant', ms: medianMs };
  const values = new Map(
    points.map((point): [string, string] => [point.split('=')[0] ?? '', point.split('=')[1] ?? '']),
  );
  const isHeavy = values.get('heavy') === '';
  const isKnown = [...values.keys()].every((name) => ['p90', 'longest', 'heavy'].includes(name));
  if (!isKnown || !values.has('p90') || (values.has('heavy') && !isHeavy) || values.size < points.length) {
    throw new InvalidArgumentError(`It must be ${TIMES_FORM}.`);
  }
  return skewed(
    medianMs,
    timeMs(values.get('p90')),
    values.has('longest') ? timeMs(values.get('longest')) : undefined,
    isHeavy,
  );
}

function uniform(leastMs: number, mostMs: number): Times {
  if (mostMs < leastMs) throw new InvalidArgumentError('The second time must not be shorter than the first.');
  return { kind: 'uniform', leastMs, mostMs };
}

function skewed(medianMs: number, p90Ms: number, longestMs: number | undefined, isHeavy: boolean): Times {
  if (!(medianMs > 0 && p90Ms > medianMs)) {
    throw new InvalidArgumentError('The median must be above 0, and the 90th percentile above the median.');
  }
  if (longestMs !== undefined && longestMs < p90Ms) {
    throw new InvalidArgumentError('The longest time must not be below the 90th percentile.');
  }
  if (isHeavy) return { kind: 'heavy', medianMs, p90Ms, longestMs: longestMs ?? medianMs * HEAVY_LONGEST };
  return { kind: 'spread', medianMs, p90Ms, ...(longestMs === undefined ? {} : { longestMs }) };
}

/** A model that takes no time at all would leave nothing to simulate. */
export function itemTimes(text: string): Times {
  const parsed = times(text);
  const isNothing = parsed.kind === 'constant' ? parsed.ms === 0 : parsed.kind === 'uniform' && parsed.mostMs === 0;
  if (isNothing) throw new InvalidArgumentError('The time of an item must be above 0.');
  return parsed;
}
