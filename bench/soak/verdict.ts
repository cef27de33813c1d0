/** Decides whether the samples at the idle end of each round stayed flat; pure functions. */

/** The figures of `ProbeAnswer` (probe.ts) that are judged. */
export interface Sample {
  readonly outsideHeapBytes: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly openFiles: number;
  readonly handles: number;
  readonly processes: number;
  /** Files in the cloud's directory, except for the consoles of instances that are gone. */
  readonly filesOnDisk: number;
}

export interface Finding {
  readonly what: string;
  readonly before: number;
  readonly after: number;
  readonly allowed: number;
  readonly isFlat: boolean;
}

type Allowance = (before: number) => number;

const MB = 1e6;
/**
 * The system's allocator returns freed memory late and partially, so this varies more than the heap. The room that V8 takes for its heap is left out: it moves
 * by 33 MB between the ends of rounds at which the same 14 MB are live.
 */
const OUTSIDE_HEAP: Allowance = (before) => Math.max(24 * MB, before * 0.15);
/**
 * This covers code that is compiled late, and a record of a few KB for each terminated instance (EC2 shows them for
 * a while).
 */
const HEAP: Allowance = () => 12 * MB;
const EXTERNAL: Allowance = () => 16 * MB;
/** This covers a connection that closes a moment late. */
const FEW: Allowance = () => 4;
const NONE: Allowance = () => 0;

const ALLOWANCES: Readonly<Record<keyof Sample, Allowance>> = {
  outsideHeapBytes: OUTSIDE_HEAP,
  heapBytes: HEAP,
  externalBytes: EXTERNAL,
  openFiles: FEW,
  handles: FEW,
  processes: NONE,
  filesOnDisk: NONE,
};

/** The first fifth of the rounds, and at least two, warm up. Of the rest, the first third is compared with the last. */
export const LEAST_ROUNDS = 5;
const LEAST_WARM_UP_ROUNDS = 2;
const WARM_UP_SHARE = 0.2;

export function findingsOf(samples: readonly Sample[]): readonly Finding[] {
  if (samples.length < LEAST_ROUNDS) throw new Error(`${LEAST_ROUNDS} rounds are the minimum for a verdict.`);
  const warm = samples.slice(Math.max(LEAST_WARM_UP_ROUNDS, Math.ceil(samples.length * WARM_UP_SHARE)));
  const third = Math.max(1, Math.floor(warm.length / 3));
  const what = Object.keys(ALLOWANCES) as (keyof Sample)[];
  return what.map((name) => {
    const middle = (some: readonly Sample[]): number => medianOf(some.map((sample) => sample[name]));
    const before = middle(warm.slice(0, third));
    const after = middle(warm.slice(-third));
    const allowed = ALLOWANCES[name](before);
    return { what: name, before, after, allowed, isFlat: after - before <= allowed };
  });
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN;
}
