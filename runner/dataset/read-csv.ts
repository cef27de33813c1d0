/** CSV with a header: an item is an object of strings. https://www.rfc-editor.org/rfc/rfc4180 */
import { isUtf8 } from 'node:buffer';
import { type Options, parse } from 'csv-parse/sync';
import { messageOf, UserError } from '../errors.js';
import { type CsvRecord, CsvRecordSplitter } from './csv-records.js';
import { type ItemGroup, ItemGroupBuilder } from './item-group.js';
import { isBlank, lineBlocks, MAX_LINE_BYTES } from './line-blocks.js';
import { NOT_UTF8, type ReaderOptions, tooLong } from './read-lines.js';

/** Records are cut already, so each ends with a plain newline; the number of fields is checked here, with the line's number. */
const PARSE_OPTIONS: Options = { record_delimiter: '\n', relax_column_count: true, columns: false };

const UNCLOSED = 'begins a quoted field that is never closed';

export async function* readCsv(chunks: AsyncIterable<Uint8Array>, options: ReaderOptions): AsyncGenerator<ItemGroup> {
  const maxRecordBytes = options.maxLineBytes ?? MAX_LINE_BYTES;
  const splitter = new CsvRecordSplitter(maxRecordBytes);
  const builder = new ItemGroupBuilder(options);
  let encoder: RecordEncoder | undefined;
  const add = (records: readonly CsvRecord[]): void => {
    let data = records.filter(({ bytes }) => bytes === undefined || !isBlank(bytes, 0, bytes.length));
    if (encoder === undefined) {
      const [header, ...rest] = data;
      if (header === undefined) return;
      encoder = new RecordEncoder(readHeader(header, options.name), builder, maxRecordBytes);
      data = rest;
    }
    encoder.add(data);
  };
  for await (const block of lineBlocks(chunks, maxRecordBytes)) {
    add(splitter.push(block));
    const group = builder.full ? builder.take() : undefined;
    if (group !== undefined) yield group;
  }
  const left = splitter.end();
  if (left !== undefined) add([left]);
  const last = builder.take();
  if (last !== undefined) yield last;
}

function readHeader(record: CsvRecord, name: string): readonly string[] {
  let columns: readonly string[];
  try {
    columns = parseOne(record);
  } catch (error) {
    throw new UserError(`${name}, line ${record.line}: the header cannot be read: it ${messageOf(error)}.`);
  }
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined) {
    throw new UserError(`${name}: the header has the column ${JSON.stringify(twice)} twice; give each its own name.`);
  }
  return columns;
}

/** The fields of a record that stands alone. Throws what completes "line N …". */
function parseOne(record: CsvRecord): readonly string[] {
  if (record.unclosed) throw new Error(UNCLOSED);
  if (record.bytes === undefined) throw new Error('is too long');
  if (!isUtf8(record.bytes)) throw new Error(NOT_UTF8);
  let rows: readonly (readonly string[])[];
  try {
    rows = parse(record.bytes, PARSE_OPTIONS);
  } catch (error) {
    // csv-parse counts lines from the record's beginning: its own "at line 1" would mislead.
    throw new Error(`is not CSV (${messageOf(error).replace(/,? (at|on) line \d+/, '')})`, { cause: error });
  }
  return rows[0] ?? [];
}

class RecordEncoder {
  private readonly keys: readonly string[];

  constructor(
    columns: readonly string[],
    private readonly builder: ItemGroupBuilder,
    private readonly maxRecordBytes: number,
  ) {
    this.keys = columns.map((column, i) => `${i === 0 ? '{' : ','}${JSON.stringify(column)}:`);
  }

  add(records: readonly CsvRecord[]): void {
    const rows = parseTogether(records);
    records.forEach((record, i) => this.addRecord(record, rows?.[i]));
  }

  private addRecord(record: CsvRecord, parsed: readonly string[] | undefined): void {
    const { line } = record;
    if (record.bytes === undefined || record.bytes.length > this.maxRecordBytes) {
      this.builder.addBad(line, tooLong(this.maxRecordBytes));
      return;
    }
    let fields: readonly string[];
    try {
      fields = parsed ?? parseOne(record);
    } catch (error) {
      this.builder.addBad(line, messageOf(error));
      return;
    }
    if (fields.length !== this.keys.length) {
      this.builder.addBad(line, `has ${count(fields.length, 'field')}, the header has ${this.keys.length}`);
      return;
    }
    this.builder.addText(`${this.keys.map((key, i) => key + JSON.stringify(fields[i])).join('')}}`);
  }
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** All records in one call, which is many times faster; undefined when any of them is bad, so that each must stand alone. */
function parseTogether(records: readonly CsvRecord[]): readonly (readonly string[])[] | undefined {
  const pieces: Buffer[] = [];
  for (const { bytes, unclosed } of records) {
    if (bytes === undefined || unclosed) return undefined;
    pieces.push(bytes, RECORD_END);
  }
  const all = Buffer.concat(pieces);
  if (!isUtf8(all)) return undefined;
  try {
    const rows = parse(all, PARSE_OPTIONS);
    return rows.length === records.length ? rows : undefined;
  } catch {
    return undefined;
  }
}

const RECORD_END = Buffer.from('\n');
