/**
 * CSV as RFC 4180 describes it, with line feeds as line ends, as Unix tools and databases write it.
 *
 * - The columns are found in all rows before the first is written: index, id, ok, the kept fields, the fields of the outputs, the error, the input,
 *   the source and the job. A field of an output that first appears in the last row has its column, too.
 * - A text is written as it is, in quotes where CSV needs them. A number keeps its digits (R14). Objects and lists are their JSON text.
 * - A missing value and null are empty. An empty text is "" in quotes, so readers that look can tell them apart.
 */
import { membersOf } from '../../../core/contract/json-text.js';
import type { ResultRow } from '../../../core/contract/result-row.js';
import type { FormSurvey, RowColumns, RowForm } from '../row-sink.js';
import { exactText, fitsUtf8 } from './exact-text.js';

/** Outputs with more fields than this use keys as data. A table of them helps nobody, so they stay JSON text in one column. */
const MOST_OUTPUT_FIELDS = 1_000;

/** Reads the cell of its column; undefined when the row has no value there. */
type Cell = (row: ResultRow, fields: ReadonlyMap<string, string>) => string | undefined;

interface Column {
  readonly name: string;
  readonly cell: Cell;
}

export class CsvSurvey implements FormSurvey {
  /** The names of the outputs' fields, in the order of their first appearance. */
  readonly #fields = new Set<string>();
  /** False once an output is neither an object nor null. */
  #areObjects = true;

  readonly #columns: RowColumns;

  constructor(columns: RowColumns) {
    this.#columns = columns;
  }

  look(rows: readonly ResultRow[]): void {
    for (const row of rows) if (row.ok && this.#areObjects) this.#lookAt(row.outputJson);
  }

  form(): RowForm {
    // Objects without any field have a column, too, so that their rows have an output.
    const flat = this.#areObjects && this.#fields.size > 0 && this.#fields.size <= MOST_OUTPUT_FIELDS;
    const columns = columnsOf(this.#columns, flat ? [...this.#fields] : undefined);
    return { encoder: () => csvEncoder(columns, flat ? this.#fields : undefined) };
  }

  #lookAt(json: string): void {
    if (json === 'null') return;
    if (!isObject(json)) this.#areObjects = false;
    else if (this.#fields.size <= MOST_OUTPUT_FIELDS) for (const { name } of membersOf(json)) this.#fields.add(name);
  }
}

const isObject = (json: string): boolean => /^[ \t\r\n]*\{/.test(json);

function csvEncoder(
  columns: readonly Column[],
  known: ReadonlySet<string> | undefined,
): ReturnType<RowForm['encoder']> {
  let header = `${columns.map(({ name }) => quoted(name)).join(',')}\n`;
  const takeHeader = (): string => {
    const text = header;
    header = '';
    return text;
  };
  return {
    encode: async (rows) => {
      let text = takeHeader();
      for (const row of rows) text += lineOf(row, columns, known);
      return [Buffer.from(text)];
    },
    // A file without rows has its header, too.
    end: async () => [Buffer.from(takeHeader())],
  };
}

const NO_FIELDS: ReadonlyMap<string, string> = new Map();

function lineOf(row: ResultRow, columns: readonly Column[], known: ReadonlySet<string> | undefined): string {
  const fields = known !== undefined && row.ok && row.outputJson !== 'null' ? fieldsOf(row, known) : NO_FIELDS;
  let line = '';
  for (const { cell } of columns) {
    const value = cell(row, fields);
    line += value === undefined ? ',' : `${quoted(value)},`;
  }
  return `${line.slice(0, -1)}\n`;
}

/** The last of equal keys counts, as for JSON readers. A value without a column would be lost, so it is an error. */
function fieldsOf(
  { index, outputJson }: Extract<ResultRow, { ok: true }>,
  known: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const { name, text } of isObject(outputJson) ? membersOf(outputJson) : [{ name: outputJson, text: '' }]) {
    if (!known.has(name)) {
      throw new Error(`The output of item ${index} changed while the results were read. Fetch the results again.`);
    }
    fields.set(name, text);
  }
  return fields;
}

/** Columns of the same name get an addition, because readers of tables take only one of them. `outputs` is undefined for one column of JSON text. */
function columnsOf(
  { hasId, keep, hasInput, hasSource, hasJob = false }: RowColumns,
  outputs: readonly string[] | undefined,
): readonly Column[] {
  const taken = new Set<string>();
  const column = (field: string, cell: Cell, prefix = ''): Column => {
    const name = exactText(field);
    let free = taken.has(name) ? `${prefix}${name}` : name;
    for (let number = 2; taken.has(free); number += 1) free = `${prefix}${name}_${number}`;
    taken.add(free);
    return { name: free, cell };
  };
  const first = [
    column('index', (row) => String(row.index)),
    ...(hasId ? [column('id', ({ idJson }) => cellOf(idJson))] : []),
    column('ok', ({ ok }) => String(ok)),
  ];
  const last = [
    column('error_code', (row) => (row.ok ? undefined : exactText(row.error.code))),
    column('error_message', (row) => (row.ok ? undefined : exactText(row.error.message))),
    ...(hasInput ? [column('input', ({ inputJson }) => cellOf(inputJson))] : []),
    ...(hasSource
      ? [
          column('source_file', ({ source }) => source?.file),
          column('source_row', ({ source }) => (source === undefined ? undefined : String(source.row))),
        ]
      : []),
    ...(hasJob ? [column('job', ({ job }) => job)] : []),
  ];
  const kept = keep.map((name, n) => column(name, ({ keptJson }) => cellOf(keptJson?.[n]), 'kept.'));
  const output =
    outputs === undefined
      ? [column('output', (row) => (row.ok ? cellOf(row.outputJson) : undefined), 'output.')]
      : outputs.map((name) => column(name, (_row, fields) => cellOf(fields.get(name)), 'output.'));
  return [...first, ...kept, ...output, ...last];
}

/** Returns the text of a JSON string, and any other value as the JSON text that it is. */
function cellOf(json: string | undefined): string | undefined {
  if (json === undefined || json === 'null') return undefined;
  if (!json.startsWith('"')) return json;
  const text: unknown = JSON.parse(json);
  // UTF-8 has no bytes for half a surrogate pair. Such a text stays JSON, which escapes it.
  return typeof text === 'string' && fitsUtf8(text) ? text : json;
}

const NEEDS_QUOTES = /[",\r\n]|^\s|\s$|^$/;

const quoted = (text: string): string => (NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
