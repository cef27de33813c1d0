/**
 * A sink that counts, on the way through, why items failed. Holds one line of failure at most, and a bounded number of codes.
 * Whether a line is one shows in its first bytes: `core/result-line.ts` fixes the order of keys.
 */
import { decodeResultLine } from '../../core/result-line.js';
import type { ErrorCount } from '../display/views.js';
import type { ResultSink } from '../results/result-sink.js';

/** Models that make a code of every message are not worth a list. */
const MAX_CODES = 1_000;
const NEWLINE = 0x0a;
/** `{"index":12345678901234,"ok":false,` and a little more. */
const HEAD_BYTES = 48;
const FAILED = /^\{"index":\d+,"ok":false,/;

export class CountingSink implements ResultSink {
  private readonly counts = new Map<string, { count: number; example: string }>();
  /** The unfinished last line: as much of it as is needed. */
  private rest: Buffer = Buffer.alloc(0);
  private skipping = false;

  constructor(private readonly inner: ResultSink) {}

  async write(bytes: Uint8Array): Promise<void> {
    this.scan(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    await this.inner.write(bytes);
  }

  finish(): Promise<void> {
    return this.inner.finish();
  }

  discard(): Promise<void> {
    return this.inner.discard();
  }

  /** The most frequent first. */
  errors(): readonly ErrorCount[] {
    return [...this.counts].map(([code, entry]) => ({ code, ...entry })).sort((a, b) => b.count - a.count);
  }

  private scan(chunk: Buffer): void {
    let start = 0;
    while (start < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline < 0 ? chunk.length : newline;
      if (!this.skipping) this.take(chunk.subarray(start, end));
      if (newline < 0) return;
      if (!this.skipping) this.count(this.rest);
      this.rest = Buffer.alloc(0);
      this.skipping = false;
      start = newline + 1;
    }
  }

  /** Lines of success, which may be long, are skipped as soon as they show what they are. */
  private take(part: Buffer): void {
    this.rest = this.rest.length === 0 ? part : Buffer.concat([this.rest, part]);
    if (this.rest.length >= HEAD_BYTES && !isFailure(this.rest)) this.skipping = true;
  }

  private count(line: Buffer): void {
    if (!isFailure(line)) return;
    const read = decodeResultLine(line.toString());
    if (read === undefined || read.ok) return;
    const { error } = read;
    const entry = this.counts.get(error.code);
    if (entry !== undefined) entry.count += 1;
    else if (this.counts.size < MAX_CODES) this.counts.set(error.code, { count: 1, example: error.message });
  }
}

const isFailure = (line: Buffer): boolean => FAILED.test(line.toString('latin1', 0, HEAD_BYTES));
