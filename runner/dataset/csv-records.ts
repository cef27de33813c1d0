/**
 * Cuts CSV into records: a record ends at a newline that is not within quotes. Only where records end is decided here; what is in
 * them is csv-parse's business. A quote opens only where a field begins, so a stray one spoils its own line and no other.
 */
import { forEachLine, type LineBlock } from './line-blocks.js';

export interface CsvRecord {
  /** Undefined when the record is too long to be kept. */
  readonly bytes: Buffer | undefined;
  /** Line on which the record begins. */
  readonly line: number;
  /** A quote was never closed: the record ends with the file. */
  readonly unclosed?: true;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const LINE_END = Buffer.from('\n');

/** Where a scan stands: `fieldStart` a quote would open here; `quoted` commas and newlines are data. */
type Position = 'fieldStart' | 'unquoted' | 'quoted';

export class CsvRecordSplitter {
  private begun: Buffer[] = [];
  private begunBytes = 0;
  private begunLine = 0;
  private within = false;

  constructor(private readonly maxRecordBytes: number) {}

  push(block: LineBlock): CsvRecord[] {
    const records: CsvRecord[] = [];
    if (block.kind === 'too-long') {
      records.push({ bytes: undefined, line: this.within ? this.begunLine : block.line });
      this.reset();
      return records;
    }
    forEachLine(block, (start, end, line) => {
      const record = this.pushLine(block.bytes, start, end, line);
      if (record !== undefined) records.push(record);
    });
    // What goes on in the next block is copied: the block's memory is not kept for it.
    if (this.within) this.begun = [Buffer.concat(this.begun)];
    return records;
  }

  /** What is left at the end of the file. */
  end(): CsvRecord | undefined {
    if (!this.within) return undefined;
    return { bytes: Buffer.concat(this.begun), line: this.begunLine, unclosed: true };
  }

  private pushLine(bytes: Buffer, start: number, end: number, line: number): CsvRecord | undefined {
    const position = scan(bytes, start, end, this.within ? 'quoted' : 'fieldStart');
    if (!this.within && position !== 'quoted') return { bytes: bytes.subarray(start, end), line };
    if (!this.within) this.begunLine = line;
    const carriageReturn = bytes[end] === 0x0d && position === 'quoted';
    this.begun.push(bytes.subarray(start, carriageReturn ? end + 1 : end));
    this.begunBytes += end - start + 1;
    this.within = position === 'quoted';
    if (this.begunBytes > this.maxRecordBytes) {
      const record = { bytes: undefined, line: this.begunLine };
      this.reset();
      return record;
    }
    if (this.within) {
      this.begun.push(LINE_END);
      return undefined;
    }
    const record = { bytes: Buffer.concat(this.begun), line: this.begunLine };
    this.reset();
    return record;
  }

  private reset(): void {
    this.begun = [];
    this.begunBytes = 0;
    this.within = false;
  }
}

function scan(bytes: Buffer, start: number, end: number, from: Position): Position {
  let position = from;
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (position === 'quoted') {
      if (byte !== QUOTE) continue;
      if (bytes[i + 1] === QUOTE && i + 1 < end) i += 1;
      else position = 'unquoted';
    } else if (byte === COMMA) position = 'fieldStart';
    else if (byte === QUOTE && position === 'fieldStart') position = 'quoted';
    else position = 'unquoted';
  }
  return position;
}
