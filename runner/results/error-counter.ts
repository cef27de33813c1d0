/**
 * Counts why items failed while the bytes of result lines pass through. It holds at most one failed item's line, and a bounded number of codes.
 * The first bytes of a line show whether its item failed, because `core/contract/result-line.ts` fixes the order of keys.
 */
import { type ErrorCount, FailureTally } from '../../core/batch/failure-tally.js';
import { decodeResultLine } from '../../core/contract/result-line.js';

const NEWLINE = 0x0a;
/** The length of `{"index":12345678901234,"ok":false,` and a little more. */
const HEAD_BYTES = 48;
const FAILED = /^\{"index":\d+,"ok":false,/;

export class ErrorCounter {
  readonly #tally = new FailureTally();
  /** The beginning of the unfinished last line, as far as it is needed. */
  #rest: Buffer = Buffer.alloc(0);
  #skipping = false;

  /** The error codes with their counts, the most frequent first. */
  errors(): readonly ErrorCount[] {
    return this.#tally.errors();
  }

  add(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    while (start < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline < 0 ? chunk.length : newline;
      if (!this.#skipping) this.#take(chunk.subarray(start, end));
      if (newline < 0) return;
      this.#endLine();
      start = newline + 1;
    }
  }

  /** Forgets an unfinished line, because the next bytes belong to another text. */
  dropLine(): void {
    this.#rest = Buffer.alloc(0);
    this.#skipping = false;
  }

  #endLine(): void {
    if (!this.#skipping) this.#count(this.#rest);
    this.dropLine();
  }

  /** Lines of successful items may be long, so they are skipped as soon as they are recognised. */
  #take(part: Buffer): void {
    this.#rest = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]);
    if (this.#rest.length >= HEAD_BYTES && !isFailure(this.#rest)) this.#skipping = true;
  }

  #count(line: Buffer): void {
    // A line that only begins like a failed item's is not counted. The reader of results reports it as damage.
    const read = isFailure(line) ? decodeResultLine(line.toString()) : undefined;
    if (read?.ok === false) this.#tally.add(read.error);
  }
}

const isFailure = (line: Buffer): boolean => FAILED.test(line.toString('latin1', 0, HEAD_BYTES));
