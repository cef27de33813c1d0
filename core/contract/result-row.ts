/**
 * A result as readers get it: the line of an outcome, joined with what the submit wrote beside the input. Every form of results (JSON Lines, CSV, Parquet)
 * is a sink of a stream of these rows, in the order of the dataset. A field whose name ends in `Json` holds JSON text, unchanged (R14).
 */
import type { ItemError } from './result-line.js';

export type ResultRow = RowPlace &
  (
    | { readonly index: number; readonly ok: true; readonly outputJson: string }
    | { readonly index: number; readonly ok: false; readonly error: ItemError }
  );

export type FailedRow = Extract<ResultRow, { readonly ok: false }>;

export interface RowPlace {
  /** The item's id, when the dataset has ids and the item could be read. */
  readonly idJson?: string;
  /** A text for each of the job's kept fields, in their order; undefined where the item has no such field. */
  readonly keptJson?: readonly (string | undefined)[];
  /** The item itself, as the model got it. */
  readonly inputJson?: string;
  readonly source?: RowSource;
  /** The job that computed the row, where it is asked for. */
  readonly job?: string;
}

export interface RowSource {
  /** The name of the file or object, as it was found. */
  readonly file: string;
  /** The record's number in it, from 1. */
  readonly row: number;
}

/** Encodes the row as a line of JSON Lines, with its newline. `keep` has the names of the kept fields. The order of the keys is fixed. */
export function encodeResultRow(row: ResultRow, keep: readonly string[] = []): string {
  const id = row.idJson === undefined ? '' : `"id":${row.idJson},`;
  const outcome = row.ok
    ? `"ok":true,"output":${row.outputJson}`
    : `"ok":false,"error":${JSON.stringify({ code: row.error.code, message: row.error.message })}`;
  const kept = row.keptJson === undefined ? '' : `,"kept":${encodeKept(row.keptJson, keep)}`;
  const input = row.inputJson === undefined ? '' : `,"input":${row.inputJson}`;
  const source =
    row.source === undefined ? '' : `,"source":${JSON.stringify({ file: row.source.file, row: row.source.row })}`;
  const job = row.job === undefined ? '' : `,"job":${JSON.stringify(row.job)}`;
  return `{"index":${row.index},${id}${outcome}${kept}${input}${source}${job}}\n`;
}

function encodeKept(texts: readonly (string | undefined)[], names: readonly string[]): string {
  const fields = texts.flatMap((text, n) =>
    text === undefined ? [] : [`${JSON.stringify(names[n] ?? String(n))}:${text}`],
  );
  return `{${fields.join(',')}}`;
}
