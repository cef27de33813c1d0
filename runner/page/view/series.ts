/** The series of the charts: items a second, the fleet, and the batches that are left. Pure. */
import type { JobRecord } from '../../../core/record/job-record.js';
import type { TimeWindow } from './time-window.js';

export interface Series {
  /** The times of the points, in seconds since the submit. */
  readonly seconds: readonly number[];
  readonly values: readonly (readonly number[])[];
}

/** More columns show the arrival of single batches, and no longer the pace. */
const MOST_COLUMNS = 80;
/** A rate between two points that are closer is noise. */
const POINTS_PER_COLUMN = 2;

interface Point {
  readonly atMs: number;
  readonly items: number;
}

/** Returns the mean number of items a second in columns of equal width, from the first point to the last. Undefined with fewer than two points. */
export function paceSeries({ pace }: JobRecord, { fromMs }: TimeWindow): Series | undefined {
  const points = pace.done.map(({ at, items }): Point => ({ atMs: Date.parse(at), items }));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined;
  const columns = Math.min(MOST_COLUMNS, Math.max(1, Math.floor(points.length / POINTS_PER_COLUMN)));
  const widthMs = (last.atMs - first.atMs) / columns;
  const edges = Array.from({ length: columns + 1 }, (_, n) => first.atMs + n * widthMs);
  const done = itemsAt(points, edges);
  const rates = edges.slice(1).map((_, n) => ((done[n + 1] ?? 0) - (done[n] ?? 0)) / (widthMs / 1000));
  // A step begins at its edge, so the last rate stands at both of its ends.
  return { seconds: edges.map((edge) => (edge - fromMs) / 1000), values: [[...rates, rates.at(-1) ?? 0]] };
}

/** The items that were done at each time, which rise evenly between two points. Both lists are in the order of time. */
function itemsAt(points: readonly Point[], times: readonly number[]): readonly number[] {
  let next = 0;
  return times.map((atMs) => {
    while (next < points.length && (points[next]?.atMs ?? 0) < atMs) next += 1;
    const [before, after] = [points[next - 1], points[next] ?? points.at(-1)];
    if (after === undefined) return 0;
    if (before === undefined || after.atMs <= before.atMs) return after.items;
    const share = Math.min(1, (atMs - before.atMs) / (after.atMs - before.atMs));
    return before.items + share * (after.items - before.items);
  });
}

/** Returns the target and the fulfilled capacity over time. */
export const fleetSeries = ({ pool }: JobRecord, { fromMs }: TimeWindow): Series | undefined =>
  pool.fleet.length === 0
    ? undefined
    : {
        seconds: pool.fleet.map(({ at }) => (Date.parse(at) - fromMs) / 1000),
        values: [pool.fleet.map(({ target }) => target), pool.fleet.map(({ fulfilled }) => fulfilled)],
      };

export const leftSeries = ({ pool }: JobRecord, { fromMs }: TimeWindow): Series | undefined =>
  pool.fleet.length === 0
    ? undefined
    : {
        seconds: pool.fleet.map(({ at }) => (Date.parse(at) - fromMs) / 1000),
        values: [pool.fleet.map(({ batchesLeft }) => batchesLeft)],
      };
