/**
 * Detects CSV rows that a stray quote has swallowed. A stray quote opens a field that extends over all lines up to the next quote, so rows of
 * the table become one field of one record. An invalid record and a field that looks like rows are refused. A very long field gives a warning.
 */
import { UserError } from '../errors.js';
import type { CsvRecord } from './csv-records.js';
import type { DatasetNotice } from './notice.js';

/** `trouble` completes "the record …". Throws a `UserError`. */
export function refuseSwallowed(name: string, record: CsvRecord, trouble: string): never {
  const { quoteLine, line, lines, unclosed } = record;
  const opened = `${name}: the quote (") on line ${quoteLine ?? line} opens a field`;
  const remedy =
    'If it is a stray quote, remove it, or quote the field and double the quotes in it ("5"" pipe"). If the file has no columns, read it with --format text.';
  if (unclosed)
    throw new UserError(`${opened} that is never closed, so everything after it would be one field. ${remedy}`);
  throw new UserError(`${opened} over several lines, and the record of ${lines} lines ${trouble}. ${remedy}`);
}

/** A line of prose may have as many commas as the header by chance, but many lines in a row do not. */
const FEWEST_INNER_LINES = 10;
const LIKE_ROWS = 0.8;
/** A field with more lines is rare enough to deserve a warning. */
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

  /** Checks a record that is valid CSV. Throws when it seems to contain rows of the table. */
  check(record: CsvRecord, columns: number): void {
    const { lines, bytes } = record;
    if (lines < FEWEST_INNER_LINES + 2 || bytes === undefined) return;
    if (columns > 1 && this.#holdsRows(bytes, columns)) {
      refuseSwallowed(
        this.#name,
        record,
        `contains lines that look like rows of the table, with ${columns} fields each`,
      );
    }
    if (lines <= LONG_LINES) return;
    this.#count += 1;
    this.#first ??= record;
  }

  notice(): DatasetNotice | undefined {
    if (this.#first === undefined) return undefined;
    const { line, lines } = this.#first;
    const others =
      this.#count === 1 ? '' : ` ${this.#count - 1} more ${this.#count === 2 ? 'record is' : 'records are'} as long.`;
    const message =
      `${this.#name}: the record on line ${line} has a quoted field that extends over ${lines} lines.${others} ` +
      'Check that line for a stray quote ("), which would swallow the rows after it.';
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
