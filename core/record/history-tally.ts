/** Gathers the history of the pool for one job, in bounded memory: look by look, and together with what other controllers have written. */
import {
  type HistoryInstance,
  type HistoryPoint,
  MOST_HISTORY_INSTANCES,
  MOST_JOBS_BESIDE,
  MOST_POINTS,
  type PoolHistory,
} from '../contract/pool-history.js';

/** The fleet as one look showed it. */
export interface FleetLook {
  readonly atMs: number;
  readonly target: number;
  readonly fulfilled: number;
  readonly instances: readonly {
    readonly instance: string;
    readonly isLive: boolean;
    readonly instanceType: string;
    readonly zone: string;
    readonly launchedAtMs: number;
    readonly reclaimed: boolean;
  }[];
}

/** A short job has a point for each pass. */
const FIRST_EVERY_MS = 1_000;
/** The instances that had no room, so that each is counted once. A region has no such fleet. */
const MOST_COUNTED = 20_000;

export class HistoryTally {
  readonly #instances = new Map<string, HistoryInstance>();
  readonly #beside = new Set<string>();
  readonly #more = new Set<string>();
  #points: HistoryPoint[] = [];
  #everyMs = FIRST_EVERY_MS;
  #storedMore = 0;

  readonly #job: string;

  constructor(job: string) {
    this.#job = job;
  }

  /** True when all instances are known to have ended. */
  get isOver(): boolean {
    return [...this.#instances.values()].every(({ endedAtMs }) => endedAtMs !== undefined);
  }

  /** `left` is the number of the job's batches without an outcome. */
  look(look: FleetLook, left: number, jobsBeside: readonly string[]): void {
    this.#addPoint({ atMs: look.atMs, target: look.target, fulfilled: look.fulfilled, left });
    for (const job of jobsBeside) this.#addBeside(job);
    this.#seeInstances(look);
  }

  /** Adds the history that this or another controller wrote. */
  addAll(stored: PoolHistory): void {
    this.#everyMs = Math.max(this.#everyMs, stored.everyMs);
    const own = this.#points;
    this.#points = [];
    // Points of before the last stored one are skipped: that controller saw the same fleet.
    for (const point of [...stored.points, ...own]) this.#addPoint(point);
    for (const instance of stored.instances) this.#put(merged(instance, this.#instances.get(instance.instance)));
    for (const job of stored.jobsBeside) this.#addBeside(job);
    this.#storedMore = Math.max(this.#storedMore, stored.moreInstances);
  }

  history(): PoolHistory {
    return {
      version: 1,
      job: this.#job,
      everyMs: this.#everyMs,
      points: this.#points,
      instances: [...this.#instances.values()],
      moreInstances: Math.max(this.#more.size, this.#storedMore),
      jobsBeside: [...this.#beside],
    };
  }

  /** The last point is the latest look: it is replaced until it is far enough from the one before. */
  #addPoint(point: HistoryPoint): void {
    const [before, last] = this.#points.length < 2 ? [undefined, this.#points[0]] : this.#points.slice(-2);
    if (last !== undefined && point.atMs <= last.atMs) return;
    if (before !== undefined && last !== undefined && last.atMs - before.atMs < this.#everyMs) this.#points.pop();
    this.#points.push(point);
    if (this.#points.length <= MOST_POINTS) return;
    this.#everyMs *= 2;
    const all = this.#points;
    this.#points = [];
    for (const one of all) this.#addPoint(one);
  }

  #addBeside(job: string): void {
    if (job === this.#job || this.#beside.has(job) || this.#beside.size >= MOST_JOBS_BESIDE) return;
    this.#beside.add(job);
  }

  #seeInstances({ instances, atMs }: FleetLook): void {
    const shown = new Set<string>();
    for (const { instance, isLive, instanceType, zone, launchedAtMs, reclaimed } of instances) {
      shown.add(instance);
      const before = this.#instances.get(instance);
      if (before === undefined && !isLive) continue;
      this.#put({
        instance,
        instanceType,
        zone,
        launchedAtMs,
        ...(isLive ? {} : { endedAtMs: before?.endedAtMs ?? Math.max(launchedAtMs, atMs) }),
        ...(reclaimed || before?.reclaimed === true ? { reclaimed: true } : {}),
      });
    }
    for (const before of this.#instances.values()) {
      if (shown.has(before.instance) || before.endedAtMs !== undefined) continue;
      this.#put({ ...before, endedAtMs: Math.max(before.launchedAtMs, atMs) });
    }
  }

  #put(instance: HistoryInstance): void {
    if (!this.#instances.has(instance.instance) && this.#instances.size >= MOST_HISTORY_INSTANCES) {
      if (this.#more.size < MOST_COUNTED) this.#more.add(instance.instance);
      return;
    }
    this.#instances.set(instance.instance, instance);
  }
}

/** The earlier one of two ends is nearer to the truth: each is the time of a look. */
function merged(one: HistoryInstance, other: HistoryInstance | undefined): HistoryInstance {
  if (other === undefined) return one;
  const ends = [one.endedAtMs, other.endedAtMs].filter((end) => end !== undefined);
  return {
    ...one,
    ...(ends.length === 0 ? {} : { endedAtMs: Math.min(...ends) }),
    ...(one.reclaimed === true || other.reclaimed === true ? { reclaimed: true } : {}),
  };
}
