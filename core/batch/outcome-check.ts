/**
 * Checks an outcome against the place of its batch in the plan (R13): it must have one result line for each item, in order, and each line must be
 * whole, valid UTF-8 and valid JSON. An instance wrote it, so it is not trusted before.
 *
 * Invariants: the check holds one line at a time, of a bounded length, and stops at the first fault. It never changes the text of an output.
 */
import type { BatchLocation } from '../contract/batch-message.js';
import { FailureTally } from './failure-tally.js';
import { type ItemError, itemError } from '../contract/result-line.js';
import { check, count, object, parseJson } from '../contract/shape.js';

/** A slot's line has at most 16 MiB, and an output is text of that line. This bound leaves room, and keeps a longer line from filling the memory. */
const MOST_RESULT_LINE_BYTES = 64 * 1024 * 1024;

export type CheckedOutcome =
  | { readonly kind: 'valid'; readonly ok: number; readonly failed: number; readonly failures: FailureTally }
  /** `fault` is a clause whose subject is the outcome. */
  | { readonly kind: 'damaged'; readonly fault: string };

const NEWLINE = 0x0a;

export class OutcomeCheck {
  readonly #failures = new FailureTally();
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  /** The pieces of the line that is not whole yet. */
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  #lines = 0;
  #failed = 0;
  #fault: string | undefined;

  readonly #expected: Pick<BatchLocation, 'firstIndex' | 'items'>;

  constructor(expected: Pick<BatchLocation, 'firstIndex' | 'items'>) {
    this.#expected = expected;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    while (this.#fault === undefined) {
      const newline = chunk.indexOf(NEWLINE, start);
      if (newline < 0) return this.#keep(chunk.subarray(start));
      this.#keep(chunk.subarray(start, newline));
      if (this.#fault === undefined) this.#takeLine(this.#wholeLine());
      start = newline + 1;
    }
  }

  end(): CheckedOutcome {
    if (this.#fault === undefined && this.#pieceBytes > 0)
      this.#fault = `ends in the middle of line ${this.#lines + 1}`;
    if (this.#fault === undefined && this.#lines < this.#expected.items) this.#fault = this.#wrongCount(this.#lines);
    if (this.#fault !== undefined) return { kind: 'damaged', fault: this.#fault };
    return { kind: 'valid', ok: this.#lines - this.#failed, failed: this.#failed, failures: this.#failures };
  }

  #keep(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#pieceBytes += piece.length;
    if (this.#pieceBytes <= MOST_RESULT_LINE_BYTES) return;
    this.#fault = `has a line ${this.#lines + 1} of more than ${MOST_RESULT_LINE_BYTES / 1024 / 1024} MiB`;
    this.#pieces = [];
  }

  #wholeLine(): Uint8Array {
    const [only, ...more] = this.#pieces;
    let line = only ?? new Uint8Array();
    if (more.length > 0) {
      line = new Uint8Array(this.#pieceBytes);
      let at = 0;
      for (const piece of this.#pieces) {
        line.set(piece, at);
        at += piece.length;
      }
    }
    this.#pieces = [];
    this.#pieceBytes = 0;
    return line;
  }

  #takeLine(line: Uint8Array): void {
    const index = this.#expected.firstIndex + this.#lines;
    this.#lines += 1;
    if (this.#lines > this.#expected.items) {
      this.#fault = this.#wrongCount('more');
      return;
    }
    const read = readResultLine(this.#textOf(line), index);
    if (read.kind === 'fault') this.#fault = `has a line ${this.#lines} that ${read.fault}`;
    if (read.kind !== 'failed') return;
    this.#failed += 1;
    this.#failures.add(read.error);
  }

  #textOf(line: Uint8Array): string | undefined {
    try {
      return this.#decoder.decode(line);
    } catch {
      return undefined;
    }
  }

  #wrongCount(found: number | 'more'): string {
    const { items } = this.#expected;
    return `has ${found} ${found === 1 ? 'line' : 'lines'}${found === 'more' ? ' than' : ' instead of'} ${items}`;
  }
}

export type ReadLine =
  | { readonly kind: 'ok' }
  | { readonly kind: 'failed'; readonly error: ItemError }
  /** `fault` is a clause that follows "a line that". */
  | { readonly kind: 'fault'; readonly fault: string };

/** The form is exact (core/contract/result-line.ts fixes the order of keys), so that all readers of the results read the same in it. */
export function readResultLine(text: string | undefined, index: number): ReadLine {
  if (text === undefined) return { kind: 'fault', fault: 'is not UTF-8' };
  const ok = `{"index":${index},"ok":true,"output":`;
  const failed = `{"index":${index},"ok":false,"error":`;
  const head = text.startsWith(ok) ? ok : text.startsWith(failed) ? failed : undefined;
  const value = head === undefined || !text.endsWith('}') ? undefined : parseJson(text.slice(head.length, -1));
  if (value === undefined) return { kind: 'fault', fault: faultOf(text, index) };
  if (head === ok) return { kind: 'ok' };
  const error = check(itemError, value);
  return error === undefined
    ? { kind: 'fault', fault: 'is no result line: its error has no code and message' }
    : { kind: 'failed', error };
}

const indexed = object<{ readonly index: number }>({ index: count });

function faultOf(text: string, index: number): string {
  const whole = parseJson(text);
  if (whole === undefined) return 'is not JSON';
  const found = check(indexed, whole)?.index;
  return found !== undefined && found !== index ? `has the index ${found} instead of ${index}` : 'is no result line';
}
