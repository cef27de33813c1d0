/**
 * A stray quote opens a field that goes on over all the lines up to the next quote: rows of the table become one field of one record. What
 * cannot be a record is refused; what looks like swallowed rows, too; a very long field is at least told.
 */
import { UserError } from '../errors.js';
import type { CsvRecord } from './csv-records.js';
import type { DatasetNotice } from './notice.js';

/** `trouble` completes "the record …". */
export function refuseSwallowed(name: string, record: CsvRecord, trouble: string): never {
  const { quoteLine, line, lines, unclosed } = record;
  const opened = `${name}, line ${quoteLine ?? line}: a quote (") opens a field there`;
  const remedy =
    'If it is a stray quote, remove it, or write the field in quotes with its own quotes doubled ("5"" pipe"); without columns, read the file with --format text.';
  if (unclosed)
    throw new UserError(`${opened} that is never closed, so everything after it would be one field. ${remedy}`);
  throw new UserError(
    `${opened} that goes on over several lines, and the record of ${lines} lines that it makes ${trouble}. ${remedy}`,
  );
}

/** Prose has as many commas as the header by chance, but not line after line. */
const FEWEST_INNER_LINES = 10;
const LIKE_ROWS = 0.8;
/** Longer texts in a table's field are rare enough to be worth a look. */
const LONG_LINES = 1_000;

export class LongRecords {
  #count = 0;
  #first: CsvRecord | undefined;

  readonly #name: string;
  readonly #delimiter: string;

  constructor(name: string, delimiter: string) {
    this.#name = name;
    this.#delimiter = delimiter;
  }

  /** A record that is right by the rules of CSV. */
  look(record: CsvRecord, columns: number): void {
    const { lines, bytes } = record;
    if (lines < FEWEST_INNER_LINES + 2 || bytes === undefined) return;
    if (columns > 1 && this.#holdsRows(bytes, columns)) {
      refuseSwallowed(this.#name, record, `holds lines that look like rows of the table, with ${columns} fields each`);
    }
    if (lines <= LONG_LINES) return;
    this.#count += 1;
    this.#first ??= record;
  }

  notice(): DatasetNotice | undefined {
    if (this.#first === undefined) return undefined;
    const { line, lines } = this.#first;
    const others = this.#count === 1 ? '' : `, and ${this.#count - 1} more are so long`;
    const message =
      `${this.#name}: the record that begins on line ${line} covers ${lines} lines, because a quoted field goes on over them${others}. ` +
      'Check that there is no stray quote (") on that line: if there is, the rows after it are missing.';
    return { level: 'warning', code: 'long-records', message };
  }

  #holdsRows(bytes: Buffer, columns: number): boolean {
    const inner = bytes
      .toString('latin1')
      .split(/\r\n|\r|\n/)
      .slice(1, -1);
    const rows = inner.filter((line) => line.split(this.#delimiter).length === columns).length;
    return rows >= inner.length * LIKE_ROWS;
  }
}
