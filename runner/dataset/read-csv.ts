/** Reads CSV with a header. Each record becomes an item: an object of strings. https://www.rfc-editor.org/rfc/rfc4180 */
import { readGroups } from './read-groups.js';
import { isUtf8 } from 'node:buffer';
import { type Options, parse } from 'csv-parse/sync';
import { messageOf, UserError } from '../errors.js';
import { isBlank } from './blank.js';
import { COMMA, type Delimiter, statedDelimiter } from './csv-dialect.js';
import { type CsvRecord, CsvRecordSplitter } from './csv-records.js';
import { type ItemGroup, ItemGroupBuilder } from './item-group.js';
import { MAX_LINE_BYTES, withoutByteOrderMark } from './line-blocks.js';
import { LongRecords, refuseSwallowedRows } from './long-records.js';
import { NOT_UTF8, type ReaderOptions, tooLong } from './read-lines.js';

export interface CsvOptions extends ReaderOptions {
  readonly delimiter?: Delimiter;
  /** It is called with the names of the columns, before the first record. */
  readonly onHeader?: (columns: readonly string[]) => void;
}

export async function* readCsv(chunks: AsyncIterable<Uint8Array>, options: CsvOptions): AsyncGenerator<ItemGroup> {
  yield* readGroups(withoutByteOrderMark(chunks), new CsvReader(options));
}

class CsvReader {
  readonly builder: ItemGroupBuilder;
  readonly #splitter: CsvRecordSplitter;
  readonly #delimiter: string;
  readonly #maxRecordBytes: number;
  readonly #longRecords: LongRecords;
  #encoder: RecordEncoder | undefined;

  readonly #options: CsvOptions;

  constructor(options: CsvOptions) {
    this.#options = options;
    this.#delimiter = (options.delimiter ?? COMMA).character;
    this.#maxRecordBytes = options.maxLineBytes ?? MAX_LINE_BYTES;
    this.#splitter = new CsvRecordSplitter(this.#delimiter.charCodeAt(0), this.#maxRecordBytes);
    this.builder = new ItemGroupBuilder(options);
    this.#longRecords = new LongRecords(options.name, this.#delimiter);
  }

  push(chunk: Buffer): void {
    this.#add(this.#splitter.push(chunk));
    const { overgrown } = this.#splitter;
    if (overgrown !== undefined && !this.builder.done)
      refuseSwallowedRows(this.#options.name, overgrown, tooLong(this.#maxRecordBytes));
  }

  end(): void {
    const left = this.#splitter.end();
    if (left !== undefined) this.#add([left]);
    const notice = this.#longRecords.notice();
    if (notice !== undefined) this.#options.notify?.(notice);
  }

  #add(records: readonly CsvRecord[]): void {
    let data = records.filter(({ bytes }) => bytes === undefined || !isBlank(bytes, 0, bytes.length, this.#delimiter));
    if (this.#encoder === undefined) {
      if (data[0]?.line === 1 && statedDelimiter(data[0].bytes) !== undefined) data = data.slice(1);
      const [header, ...rest] = data;
      if (header === undefined) return;
      const { name } = this.#options;
      const options = parseOptions(this.#delimiter);
      const columns = readHeader(header, name, options);
      this.#options.onHeader?.(columns);
      this.#encoder = new RecordEncoder(columns, this.builder, this.#longRecords, {
        name,
        options,
        maxRecordBytes: this.#maxRecordBytes,
      });
      data = rest;
    }
    this.#encoder.add(data);
  }
}

/** The records are split already, so each ends with a plain newline. The number of fields is checked below, where the line number is known. */
const parseOptions = (delimiter: string): Options => ({
  delimiter,
  record_delimiter: '\n',
  relax_column_count: true,
  columns: false,
});

function readHeader(record: CsvRecord, name: string, options: Options): readonly string[] {
  let columns: readonly string[];
  try {
    columns = parseOne(record, options);
  } catch (error) {
    throw new UserError(`${name}: cannot read the header on line ${record.line}: it ${messageOf(error)}.`);
  }
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice === '') {
    const places = columns.flatMap((column, i) => (column === '' ? [i + 1] : []));
    throw new UserError(
      `${name}: the header has no names for the columns ${places.join(' and ')}. Give each column its own name.`,
    );
  }
  if (twice !== undefined) {
    throw new UserError(
      `${name}: the header names the column ${JSON.stringify(twice)} twice. Give each column its own name.`,
    );
  }
  return columns;
}

/** Parses a single record. The message of an error completes "line N …". */
function parseOne(record: CsvRecord, options: Options): readonly string[] {
  if (record.unclosed) throw new Error('begins a quoted field that is never closed');
  if (record.bytes === undefined) throw new Error('is too long');
  if (!isUtf8(record.bytes)) throw new Error(NOT_UTF8);
  let rows: readonly (readonly string[])[];
  try {
    rows = parse(record.bytes, withQuotes(options, [record]));
  } catch (error) {
    // csv-parse counts lines from the record's beginning, so its own "at line 1" would mislead.
    throw new Error(`is not CSV (${messageOf(error).replace(/,? (at|on) line \d+/, '')})`, { cause: error });
  }
  return rows[0] ?? [];
}

/** Lets a quote within an unquoted field be a character. csv-parse would then take text behind a closing quote, too, so such records are parsed without it. */
const withQuotes = (options: Options, records: readonly CsvRecord[]): Options => ({
  ...options,
  relax_quotes: records.every(({ textBehindQuotes }) => !textBehindQuotes),
});

interface EncoderOptions {
  readonly name: string;
  readonly options: Options;
  readonly maxRecordBytes: number;
}

class RecordEncoder {
  readonly #keys: readonly string[];

  readonly #builder: ItemGroupBuilder;
  readonly #longRecords: LongRecords;
  readonly #context: EncoderOptions;

  constructor(
    columns: readonly string[],
    builder: ItemGroupBuilder,
    longRecords: LongRecords,
    context: EncoderOptions,
  ) {
    this.#builder = builder;
    this.#longRecords = longRecords;
    this.#context = context;
    this.#keys = columns.map((column, i) => `${i === 0 ? '{' : ','}${JSON.stringify(column)}:`);
  }

  add(records: readonly CsvRecord[]): void {
    const rows = parseTogether(records, this.#context.options);
    records.forEach((record, i) => {
      if (!this.#builder.done) this.#addRecord(record, rows?.[i]);
    });
  }

  #addRecord(record: CsvRecord, parsed: readonly string[] | undefined): void {
    const fields = this.#fieldsOf(record, parsed);
    if (typeof fields === 'string') {
      // Nobody knows how many items such a record has swallowed, and items must not go missing silently.
      if (record.unclosed || record.quoteLine !== undefined) refuseSwallowedRows(this.#context.name, record, fields);
      this.#builder.addBad(record.line, fields);
      return;
    }
    this.#longRecords.check(record, this.#keys.length);
    this.#builder.addText(`${this.#keys.map((key, i) => key + JSON.stringify(fields[i])).join('')}}`);
  }

  /** Returns the fields, or an error text that completes "line N …". */
  #fieldsOf(record: CsvRecord, parsed: readonly string[] | undefined): readonly string[] | string {
    const { maxRecordBytes, options } = this.#context;
    if (record.bytes === undefined) return tooLong(maxRecordBytes);
    try {
      const fields = parsed ?? parseOne(record, options);
      return fields.length === this.#keys.length
        ? fields
        : `has ${count(fields.length, 'field')}, the header has ${this.#keys.length}`;
    } catch (error) {
      return messageOf(error);
    }
  }
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** Parses all records in one call, which is many times faster. Undefined when any of them is bad: then each must be parsed alone. */
function parseTogether(records: readonly CsvRecord[], options: Options): readonly (readonly string[])[] | undefined {
  const pieces: Buffer[] = [];
  for (const { bytes, unclosed } of records) {
    if (bytes === undefined || unclosed) return undefined;
    pieces.push(bytes, RECORD_END);
  }
  const all = Buffer.concat(pieces);
  if (!isUtf8(all)) return undefined;
  try {
    const rows = parse(all, withQuotes(options, records));
    return rows.length === records.length ? rows : undefined;
  } catch {
    return undefined;
  }
}

const RECORD_END = Buffer.from('\n');
