/**
 * Reads what workers have saved of unfinished batches (`partial/<batch>/<lease>.jsonl`), in dataset order. Several leases may have saved the same
 * item; the first one's line counts. An instance wrote these lines, so each is checked, and one that is no result line is left out (R13).
 *
 * Invariants: batches are asked for in rising order, and the listing of partials is read as far as they need it. In memory are one piece and one
 * line of each partial of a batch.
 */
import { readResultLine } from '../../core/batch/outcome-check.js';
import { batchOfPartialKey, partialsPrefix } from '../../core/contract/keys.js';
import { ObjectMissing, type ListedObject } from '../../core/contract/object-store.js';
import type { ResultRow } from '../../core/contract/result-row.js';
import { linesOf } from '../controller/observe/lines.js';
import type { OutcomeReading } from './checked-outcomes.js';
import { PlannedBatches } from './planned-batches.js';

/** A batch has a partial for each lease that was broken off. The items of later ones are computed again anyway. */
const MOST_PARTIALS = 100;
const ROWS_AT_ONCE = 1_000;

interface Group {
  readonly batch: number;
  readonly keys: readonly string[];
}

export class PartialRows {
  readonly #reading: OutcomeReading;
  readonly #plan: PlannedBatches;
  readonly #listed: AsyncIterator<ListedObject>;
  #ahead: ListedObject | undefined;
  #group: Group | undefined;

  constructor(reading: OutcomeReading) {
    const { store, job, signal } = reading;
    this.#reading = reading;
    this.#plan = new PlannedBatches(store, job, signal);
    this.#listed = store.list(partialsPrefix(job), { signal })[Symbol.asyncIterator]();
  }

  /** Yields the rows of the batches before this one that were not skipped. */
  async *before(batch: number): AsyncGenerator<readonly ResultRow[]> {
    for (;;) {
      this.#group ??= await this.#nextGroup();
      const group = this.#group;
      if (group === undefined || group.batch >= batch) return;
      this.#group = undefined;
      yield* this.#rowsOf(group);
    }
  }

  /** Passes over a batch, because it has its outcome. */
  async skip(batch: number): Promise<void> {
    this.#group ??= await this.#nextGroup();
    if (this.#group?.batch === batch) this.#group = undefined;
  }

  async close(): Promise<void> {
    await this.#listed.return?.();
    await this.#plan.close();
  }

  async #nextGroup(): Promise<Group | undefined> {
    const keys: string[] = [];
    let batch: number | undefined;
    for (;;) {
      const object = this.#ahead ?? (await this.#nextListed());
      const found = object && batchOfPartialKey(object.key);
      this.#ahead = undefined;
      if (object === undefined || (batch !== undefined && found !== batch)) {
        this.#ahead = object;
        return batch === undefined ? undefined : { batch, keys };
      }
      batch = found;
      if (keys.length < MOST_PARTIALS) keys.push(object.key);
    }
  }

  /** Keys of another form are no partials. */
  async #nextListed(): Promise<ListedObject | undefined> {
    for (;;) {
      const next = await this.#listed.next();
      if (next.done === true) return undefined;
      if (batchOfPartialKey(next.value.key) !== undefined) return next.value;
    }
  }

  async *#rowsOf({ batch, keys }: Group): AsyncGenerator<readonly ResultRow[]> {
    const { firstIndex, items } = await this.#plan.itemsOf(batch);
    const streams = keys.map((key) => this.#savedRows(key, firstIndex, firstIndex + items));
    let rows: ResultRow[] = [];
    for await (const row of mergedByIndex(streams)) {
      rows.push(row);
      if (rows.length < ROWS_AT_ONCE) continue;
      yield rows;
      rows = [];
    }
    if (rows.length > 0) yield rows;
  }

  /** Yields the rows of a partial in rising order. A partial that was removed meanwhile has none. */
  async *#savedRows(key: string, first: number, end: number): AsyncGenerator<ResultRow> {
    const { store, signal } = this.#reading;
    let next = first;
    try {
      for await (const line of linesOf(store.stream(key, { signal }))) {
        const row = rowOfLine(line);
        if (row === undefined || row.index < next || row.index >= end) continue;
        next = row.index + 1;
        yield row;
      }
    } catch (error) {
      if (!(error instanceof ObjectMissing)) throw error;
    }
  }
}

function rowOfLine(line: string): ResultRow | undefined {
  const head = /^\{"index":(0|[1-9]\d{0,14}),"ok":(?:true|false),"(?:output|error)":/.exec(line);
  if (head === null) return undefined;
  const index = Number(head[1]);
  const read = readResultLine(line, index);
  if (read.kind === 'fault') return undefined;
  return read.kind === 'failed'
    ? { index, ok: false, error: read.error }
    : { index, ok: true, outputJson: line.slice(head[0].length, -1) };
}

/** Merges streams that are each in rising order. Of equal indexes the first stream's row counts. */
async function* mergedByIndex(streams: readonly AsyncGenerator<ResultRow>[]): AsyncGenerator<ResultRow> {
  const heads = await Promise.all(streams.map(async (stream) => (await stream.next()).value as ResultRow | undefined));
  try {
    for (;;) {
      const index = Math.min(...heads.map((head) => head?.index ?? Infinity));
      const first = heads.find((head) => head?.index === index);
      if (first === undefined) return;
      yield first;
      for (const [n, stream] of streams.entries()) {
        if (heads[n]?.index === index) heads[n] = (await stream.next()).value as ResultRow | undefined;
      }
    }
  } finally {
    for (const stream of streams) await stream.return(undefined);
  }
}
