/**
 * Splits CSV into records. A record ends at a line end that is not within quotes. This file only finds where records and fields end;
 * csv-parse reads the fields. A quote opens a field only at the field's beginning. Elsewhere it is a character like any other, as for Python's csv module, because
 * people write inches and nicknames with it.
 *
 * Each line may end in a newline, a carriage return, or both. The same input gives the same records, however it is cut into chunks.
 */

export interface CsvRecord {
  /** The record without its line end. Undefined when the record is too long to be kept. */
  readonly bytes: Buffer | undefined;
  /** The line on which the record begins, and the number of lines that it covers. */
  readonly line: number;
  readonly lines: number;
  readonly fields: number;
  /** The line of a quote that closes on another line, or never. */
  readonly quoteLine: number | undefined;
  /** True when the file ends within quotes. */
  readonly unclosed: boolean;
  /** True when text stands behind the closing quote of a field. Nobody knows what was meant then. */
  readonly textBehindQuotes: boolean;
}

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The state of the scan. `quoteSeen`: after a quote within quotes. The next byte is the second of a doubled quote, or the quotes are closed. */
type Position = 'fieldStart' | 'unquoted' | 'quoted' | 'quoteSeen';

export class CsvRecordSplitter {
  #position: Position = 'fieldStart';
  #line = 1;
  /** True after a carriage return. A newline that follows belongs to it. */
  #afterReturn = false;

  /** Holds 1 for bytes that have a meaning in CSV. The bytes between two of them are skipped quickly. */
  readonly #special = new Uint8Array(256);

  #begun: Buffer[] = [];
  #begunBytes = 0;
  #tooLong = false;
  #recordLine = 1;
  #fields = 1;
  #openedLine = 0;
  #quoteLine: number | undefined;
  #textBehindQuotes = false;

  readonly #delimiter: number;
  readonly #maxRecordBytes: number;

  constructor(delimiter: number, maxRecordBytes: number) {
    this.#delimiter = delimiter;
    this.#maxRecordBytes = maxRecordBytes;
    for (const byte of [QUOTE, NEWLINE, CARRIAGE_RETURN, delimiter]) this.#special[byte] = 1;
  }

  push(chunk: Buffer): CsvRecord[] {
    const records: CsvRecord[] = [];
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      if (this.#afterReturn) {
        this.#afterReturn = false;
        if (byte === NEWLINE) {
          if (this.#position !== 'quoted') start = i + 1;
          continue;
        }
      }
      if (this.#special[byte] === 0) {
        if (this.#position !== 'quoted') this.#goOnUnquoted();
        while (this.#special[chunk[i + 1] ?? NEWLINE] === 0) i += 1;
      } else if (this.#position === 'quoted') {
        if (byte === QUOTE) this.#position = 'quoteSeen';
        else if (byte !== this.#delimiter) this.#endLine(byte);
      } else if (byte === QUOTE) this.#quote();
      else if (byte === this.#delimiter) {
        this.#closeQuotes();
        this.#fields += 1;
        this.#position = 'fieldStart';
      } else {
        this.#closeQuotes();
        records.push(this.#finish(chunk.subarray(start, i), false));
        start = i + 1;
        this.#endLine(byte);
        this.#recordLine = this.#line;
      }
    }
    this.#keep(chunk.subarray(start));
    return records;
  }

  /** The record that is left at the end of the file, if any. */
  end(): CsvRecord | undefined {
    const unclosed = this.#position === 'quoted';
    this.#closeQuotes();
    if (this.#begunBytes === 0) return undefined;
    if (unclosed) this.#quoteLine = this.#openedLine;
    return this.#finish(Buffer.alloc(0), unclosed);
  }

  /** The unfinished record, if it is too long and within quotes that opened on an earlier line. Such a record may never end. */
  get overgrown(): CsvRecord | undefined {
    if (!this.#tooLong || this.#position !== 'quoted' || this.#openedLine === this.#line) return undefined;
    return { ...this.#record(undefined), quoteLine: this.#openedLine };
  }

  #quote(): void {
    if (this.#position === 'fieldStart') {
      this.#position = 'quoted';
      this.#openedLine = this.#line;
    } else if (this.#position === 'quoteSeen') this.#position = 'quoted';
  }

  #goOnUnquoted(): void {
    if (this.#position === 'quoteSeen') this.#textBehindQuotes = true;
    this.#closeQuotes();
    this.#position = 'unquoted';
  }

  #closeQuotes(): void {
    if (this.#position !== 'quoteSeen') return;
    this.#position = 'unquoted';
    if (this.#openedLine !== this.#line) this.#quoteLine ??= this.#openedLine;
  }

  #endLine(byte: number): void {
    this.#line += 1;
    this.#afterReturn = byte === CARRIAGE_RETURN;
  }

  #keep(bytes: Buffer): void {
    this.#begunBytes += bytes.length;
    if (this.#begunBytes > this.#maxRecordBytes) this.#tooLong = true;
    if (this.#tooLong) this.#begun = [];
    else if (bytes.length > 0) this.#begun.push(bytes);
  }

  #finish(last: Buffer, unclosed: boolean): CsvRecord {
    this.#keep(last);
    const bytes = this.#begun.length === 1 ? this.#begun[0] : Buffer.concat(this.#begun);
    const record = { ...this.#record(this.#tooLong ? undefined : bytes), unclosed };
    this.#begun = [];
    this.#begunBytes = 0;
    this.#tooLong = false;
    this.#fields = 1;
    this.#quoteLine = undefined;
    this.#textBehindQuotes = false;
    this.#position = 'fieldStart';
    return record;
  }

  #record(bytes: Buffer | undefined): CsvRecord {
    const line = this.#recordLine;
    const fields = this.#fields;
    const quoteLine = this.#quoteLine;
    const textBehindQuotes = this.#textBehindQuotes;
    return { bytes, line, lines: this.#line - line + 1, fields, quoteLine, unclosed: false, textBehindQuotes };
  }
}
