/**
 * Reads a Parquet file: each row is an item, a JSON object with the columns in their order. Row groups are read one after another, and of a group the
 * packed bytes and a page of each column are in memory.
 */
import type { FileMetaData, RowGroup } from 'hyparquet';
import { BigIntegerScan, bigIntegerNotice } from '../big-integers.js';
import { type ItemGroup, ItemGroupBuilder } from '../item-group.js';
import { MAX_LINE_BYTES } from '../line-blocks.js';
import type { RangedSource } from '../ports.js';
import { type JsonOptions, tooLong } from '../read-lines.js';
import { asDamaged, damaged, statedCount } from './faults.js';
import { readFooter } from './footer.js';
import { type Member, membersOf } from './nodes.js';
import { openCursors } from './open-cursors.js';
import { type RowText, RowWriter } from './row-writer.js';
import { fieldsOf } from './schema.js';
import { selectColumns } from './select-columns.js';

export interface ParquetOptions extends JsonOptions {
  /** The columns to read, in this order. All when absent. A dot reaches into a struct. */
  readonly columns?: readonly string[];
}

export interface ParquetFile {
  readonly source: RangedSource;
  readonly metadata: FileMetaData;
  /** The columns that are read. */
  readonly members: readonly Member[];
  readonly rows: number;
}

/** Reads the footer, and refuses columns that cannot be read. */
export async function openParquet(
  source: RangedSource,
  columns: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<ParquetFile> {
  const metadata = await readFooter(source, signal);
  const { name } = source;
  const members = selectColumns(name, membersOf(fieldsOf(name, metadata)), columns);
  const rows = metadata.row_groups.reduce((sum, group) => sum + rowsOf(name, group), 0);
  if (rows !== Number(metadata.num_rows)) {
    throw damaged(name, `its footer states ${metadata.num_rows} rows, and its row groups have ${rows}`);
  }
  return { source, metadata, members, rows };
}

const rowsOf = (name: string, group: RowGroup): number => statedCount(name, 'number of rows', group.num_rows);

export async function* readParquet(
  file: ParquetFile,
  options: ParquetOptions,
  signal: AbortSignal,
): AsyncGenerator<ItemGroup> {
  const { bigIntegers = 'keep', notify, maxLineBytes = MAX_LINE_BYTES } = options;
  const { name, integers } = options;
  const isScanned = bigIntegers === 'string' || options.forJavaScript === true;
  const scan = isScanned ? (integers ?? new BigIntegerScan()) : undefined;
  const builder = new ItemGroupBuilder({ ...options, record: 'row' });
  let row = 0;
  for (const group of file.metadata.row_groups) {
    for await (const rows of groupRows(file, group, signal)) {
      for (let left = rows.count; left > 0 && !builder.done; left--) {
        row += 1;
        const { text, problem, mayBeBig } = nextRow(file.source.name, rows.writer);
        if (problem !== undefined) builder.addBad(row, problem);
        else if (isTooLong(text, maxLineBytes)) builder.addBad(row, tooLong(maxLineBytes));
        else
          builder.addText(mayBeBig && scan !== undefined ? scan.scan(text, row, bigIntegers === 'string', name) : text);
        if (!builder.full) continue;
        const full = builder.take();
        if (full !== undefined) yield full;
      }
      if (builder.done) break;
    }
    if (builder.done) break;
  }
  const last = builder.take();
  if (last !== undefined) yield last;
  const notice = scan && integers === undefined ? bigIntegerNotice(name, scan, bigIntegers, 'row') : undefined;
  if (notice !== undefined) notify?.(notice);
}

/** A character has three bytes at most, so a short text need not be measured. */
const isTooLong = (text: string, most: number): boolean => text.length * 3 > most && Buffer.byteLength(text) > most;

interface LoadedRows {
  readonly writer: RowWriter;
  /** So many rows can be written before more must be loaded. */
  readonly count: number;
}

async function* groupRows(file: ParquetFile, group: RowGroup, signal: AbortSignal): AsyncGenerator<LoadedRows> {
  const { name } = file.source;
  const cursors = await openCursors(file.source, file.members, group, signal);
  const writer = new RowWriter(file.members, cursors);
  for (let left = rowsOf(name, group); left > 0;) {
    let count = left;
    for (const cursor of cursors.values()) {
      while (cursor.rows === 0) {
        signal.throwIfAborted();
        if (cursor.ended) throw damaged(name, `${cursor.where} has fewer rows than the footer says`);
        await cursor.load();
      }
      count = Math.min(count, cursor.rows);
    }
    yield { writer, count };
    left -= count;
  }
  for (const cursor of cursors.values()) {
    if (!cursor.ended || cursor.rows > 0) throw damaged(name, `${cursor.where} has more rows than the footer says`);
  }
}

function nextRow(name: string, writer: RowWriter): RowText {
  try {
    return writer.next();
  } catch (error) {
    throw asDamaged(name, 'a row', error);
  }
}
