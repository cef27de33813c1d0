/**
 * Reads a job's outcomes: checks that each exists and is complete, and derives from the model's own clock when the
 * slots were busy.
 */
import type { Manifest } from '../../../core/contract/job.js';
import { outcomeKey } from '../../../core/contract/keys.js';
import { mapBounded } from '../../../core/map-bounded.js';
import type { ObjectStore } from '../../../core/contract/object-store.js';
import type { ResultLine } from '../../../core/contract/result-line.js';

/** The output of every model of this benchmark; times are in milliseconds since the epoch. */
export interface TimedOutput {
  readonly startMs: number;
  readonly endMs: number;
  /** The process that computed it. */
  readonly pid: number;
  /** The result, for models that are also measured outside a worker. */
  readonly value?: number;
}

const READS_AT_ONCE = 32;

/**
 * Returns the outputs in the order of their indexes. Throws unless every batch has its outcome, and every item an
 * output.
 */
export async function outputsOf(store: ObjectStore, { job, batches, dataset }: Manifest): Promise<TimedOutput[]> {
  const { signal } = new AbortController();
  const texts = await mapBounded(
    Array.from({ length: batches }, (_, batch) => outcomeKey(job, batch)),
    READS_AT_ONCE,
    async (key) => {
      const stored = await store.get(key, { signal });
      if (stored === undefined) throw new Error(`The outcome ${key} is missing.`);
      return new TextDecoder().decode(stored.body);
    },
  );
  const lines = texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line) as ResultLine);
  return checkedOutputs(lines, dataset.items);
}

export function checkedOutputs(lines: readonly ResultLine[], items: number): TimedOutput[] {
  const outputs: TimedOutput[] = [];
  for (const line of lines) {
    if (!line.ok) throw new Error(`Item ${line.index} failed: ${line.error.message}`);
    if (line.index in outputs) throw new Error(`Item ${line.index} has two results.`);
    outputs[line.index] = line.output as TimedOutput;
  }
  const found = Object.keys(outputs).length;
  if (found !== items || outputs.length !== items) throw new Error(`There are ${found} results for ${items} items.`);
  return outputs;
}

export interface Busy {
  /** The time from the start of the first item to the end of the last. */
  readonly wallMs: number;
  readonly computeMs: number;
  /** The share of all slots' time in which they computed. */
  readonly utilisation: number;
}

export function busyOf(outputs: readonly TimedOutput[]): Busy {
  const slots = new Set(outputs.map(({ pid }) => pid)).size;
  const first = outputs.reduce((least, { startMs }) => Math.min(least, startMs), Infinity);
  const last = outputs.reduce((most, { endMs }) => Math.max(most, endMs), -Infinity);
  const computeMs = outputs.reduce((sum, { startMs, endMs }) => sum + (endMs - startMs), 0);
  const wallMs = last - first;
  return { wallMs, computeMs, utilisation: computeMs / (wallMs * slots) };
}
