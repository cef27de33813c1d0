/**
 * Cuts CSV into records: a record ends at a line's end that is not within quotes. Only where records and fields end is decided here; what is
 * in them is csv-parse's business. A quote opens only where a field begins, so a stray one elsewhere spoils its own line and no other.
 *
 * Lines end in a newline, a carriage return, or both, as each line likes. The same input gives the same records however it is cut into chunks.
 */

export interface CsvRecord {
  /** Without its line end; undefined when the record is too long to be kept. */
  readonly bytes: Buffer | undefined;
  /** Line on which the record begins, and how many it covers. */
  readonly line: number;
  readonly lines: number;
  readonly fields: number;
  /** Line on which a quote opens that closes on another line, or never. */
  readonly quoteLine: number | undefined;
  /** The record ends with the file, within quotes. */
  readonly unclosed: boolean;
}

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Where the scan stands. `quoteSeen`: a quote within quotes, which the next byte doubles, or it closes them. */
type Position = 'fieldStart' | 'unquoted' | 'quoted' | 'quoteSeen';

export class CsvRecordSplitter {
  #position: Position = 'fieldStart';
  #line = 1;
  /** A newline that comes next belongs to the carriage return before it. */
  #afterReturn = false;

  /** 1 for bytes that mean something to CSV: between two of them nothing need be asked. */
  readonly #special = new Uint8Array(256);

  #begun: Buffer[] = [];
  #begunBytes = 0;
  #tooLong = false;
  #recordLine = 1;
  #fields = 1;
  #openedLine = 0;
  #quoteLine: number | undefined;

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

  /** What is left at the end of the file. */
  end(): CsvRecord | undefined {
    const unclosed = this.#position === 'quoted';
    this.#closeQuotes();
    if (this.#begunBytes === 0) return undefined;
    if (unclosed) this.#quoteLine = this.#openedLine;
    return this.#finish(Buffer.alloc(0), unclosed);
  }

  /** A record that outgrew the bound and is not at its end: within quotes that opened on an earlier line, it may never be. */
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
    this.#position = 'fieldStart';
    return record;
  }

  #record(bytes: Buffer | undefined): CsvRecord {
    const line = this.#recordLine;
    const fields = this.#fields;
    const quoteLine = this.#quoteLine;
    return { bytes, line, lines: this.#line - line + 1, fields, quoteLine, unclosed: false };
  }
}
