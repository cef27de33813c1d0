/**
 * Joins results with what stands beside the input: ids, kept fields, the items themselves, and their places in the dataset's files. Nothing is read that was not
 * asked for, and everything is read once, as a stream, because rows come in rising order. Batches without an outcome are skipped.
 */
import { KeptLineCodec } from '../../../core/contract/kept-line.js';
import { decodeInputLine } from '../../../core/contract/input-line.js';
import { isJson } from '../../../core/contract/json-text.js';
import { inputPartKey, keptPartKey } from '../../../core/contract/keys.js';
import type { DatasetSpec, IdentitySpec } from '../../../core/contract/job.js';
import type { ObjectStore } from '../../../core/contract/object-store.js';
import type { ResultRow, RowPlace } from '../../../core/contract/result-row.js';
import { originOf, Origins } from '../family/origins.js';
import type { RowStage } from '../write-results.js';
import { InputMap } from './input-map.js';
import { type Column, LineCursor } from './line-cursor.js';
import { placeOfFile, SourceList } from './source-joiner.js';

export interface JoinRequest {
  readonly job: string;
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
  /** The ids and kept fields to join; absent when there are none, or when they are not wanted. */
  readonly identity?: Pick<IdentitySpec, 'idField' | 'keep'>;
  /** Join the items themselves to these rows. */
  readonly inputOf?: 'all' | 'failed';
  /** Join the places of the items, which are rows of files (`lines`) or files themselves (`objects`). */
  readonly sourceOf?: DatasetSpec['kind'];
  /** For a rerun: the job, the job that it is a rerun of, and so on. Only the last one, the first job, has a list of its files. */
  readonly lineage?: readonly string[];
}

/** Adds fields to a row. Rows come in rising order. */
interface Joiner {
  join(row: ResultRow): RowPlace | Promise<RowPlace>;
  end(): Promise<void>;
  close(): Promise<void>;
}

/** Returns undefined when there is nothing to join. Each use of the stage reads everything anew. */
export function joinRows(request: JoinRequest): RowStage | undefined {
  const { identity, inputOf, sourceOf } = request;
  if (identity === undefined && inputOf === undefined && sourceOf === undefined) return undefined;
  return (rows) => joined(rows, request);
}

async function* joined(
  rows: AsyncIterable<readonly ResultRow[]>,
  request: JoinRequest,
): AsyncGenerator<readonly ResultRow[]> {
  const joiners = await openJoiners(request);
  try {
    for await (const some of rows) {
      const full: ResultRow[] = [];
      for (const row of some) {
        let place: RowPlace = {};
        for (const joiner of joiners) {
          const more = joiner.join(row);
          place = { ...place, ...(more instanceof Promise ? await more : more) };
        }
        full.push({ ...row, ...place });
      }
      yield full;
    }
    for (const joiner of joiners) await joiner.end();
  } finally {
    for (const joiner of joiners) await joiner.close();
  }
}

async function openJoiners(request: JoinRequest): Promise<readonly Joiner[]> {
  const { job, store, signal, identity, inputOf, sourceOf, lineage = [job] } = request;
  const reading = { map: await InputMap.read(store, job, signal), store, signal };
  return [
    ...(identity === undefined ? [] : [keptJoiner(identity, new LineCursor(keptColumn(job), reading))]),
    ...(inputOf === undefined ? [] : [inputJoiner(new LineCursor(inputColumn(job), reading), inputOf)]),
    ...(sourceOf === 'lines' ? [sourceJoiner(lineage, { store, signal })] : []),
    ...(sourceOf === 'objects' ? [lineJoiner(new LineCursor(inputColumn(job), reading), placeOfFile)] : []),
  ];
}

export const keptColumn = (job: string): Column => ({
  what: `ids and kept fields of job ${job}`,
  keyOf: (part: number) => keptPartKey(job, part),
  hasPoints: false,
  advice: 'With --no-ids the results do not need it.',
});

export const inputColumn = (job: string): Column => ({
  what: `input of job ${job}`,
  keyOf: (part: number) => inputPartKey(job, part),
  hasPoints: true,
  advice: 'Without --with-input, --with-source and --failed-out the results do not need it.',
});

function keptJoiner({ idField, keep = [] }: Pick<IdentitySpec, 'idField' | 'keep'>, cursor: LineCursor): Joiner {
  const codec = new KeptLineCodec(keep);
  return lineJoiner(cursor, (line, index) => {
    const read = codec.decode(line);
    if (read === undefined) throw cursor.damaged(index, `is damaged: the line of item ${index} is no kept line`);
    const id = idField === undefined || read.idJson === undefined ? {} : { idJson: read.idJson };
    return keep.length === 0 ? id : { ...id, keptJson: read.keptJson };
  });
}

/** An item that could not be read has no input. */
function inputJoiner(cursor: LineCursor, inputOf: 'all' | 'failed'): Joiner {
  const joiner = lineJoiner(cursor, (line, index) => {
    const input = decodeInputLine(line);
    if (input.kind === 'bad') return {};
    if (!isJson(input.json)) throw cursor.damaged(index, `is damaged: the line of item ${index} is not JSON`);
    return { inputJson: input.json };
  });
  return inputOf === 'all' ? joiner : { ...joiner, join: (row) => (row.ok ? {} : joiner.join(row)) };
}

/** An item whose origin is damaged has no source; the damage is reported. */
function sourceJoiner(lineage: readonly string[], { store, signal }: Pick<JoinRequest, 'store' | 'signal'>): Joiner {
  const ways = lineage.slice(0, -1).map((job) => new Origins(store, job, signal));
  const sources = new SourceList(store, lineage.at(-1) ?? '', signal);
  const placeOf = async (item: number): Promise<RowPlace> => {
    const index = await originOf(item, ways);
    return index === undefined ? {} : (sources.placeNow(index) ?? sources.placeAt(index));
  };
  return {
    join: ({ index }) => (ways.length > 0 ? placeOf(index) : (sources.placeNow(index) ?? sources.placeAt(index))),
    end: async () => undefined,
    close: async () => {
      await sources.close();
      for (const way of ways) await way.close();
    },
  };
}

function lineJoiner(cursor: LineCursor, placeOf: (line: string, index: number) => RowPlace): Joiner {
  return {
    join: ({ index }) => {
      const line = cursor.lineNow(index);
      if (line !== undefined) return placeOf(line, index);
      return cursor.lineAt(index).then((read) => placeOf(read, index));
    },
    end: () => cursor.end(),
    close: () => cursor.close(),
  };
}
