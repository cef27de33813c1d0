/** Counts the error codes of failed items, with an example message of each. Its memory is bounded, whatever codes and messages models use. */
import type { ItemError } from '../contract/result-line.js';
import { shorten } from '../shorten.js';

export interface ErrorCount {
  readonly code: string;
  readonly count: number;
  readonly example: string;
}

/** A model that uses more codes probably makes a code of every message; a list of them helps nobody. */
const MOST_CODES = 1_000;
/** This much of a message identifies it; a whole message may have megabytes. */
const EXAMPLE_CHARACTERS = 2_000;

export class FailureTally {
  readonly #counts = new Map<string, { count: number; readonly example: string }>();

  add({ code, message }: ItemError): void {
    this.#count(code, 1, message);
  }

  addAll(other: FailureTally): void {
    for (const [code, { count, example }] of other.#counts) this.#count(code, count, example);
  }

  /** Returns the counts, the most frequent code first. */
  errors(): readonly ErrorCount[] {
    return [...this.#counts].map(([code, entry]) => ({ code, ...entry })).sort((a, b) => b.count - a.count);
  }

  #count(code: string, times: number, example: string): void {
    const entry = this.#counts.get(code);
    if (entry !== undefined) entry.count += times;
    else if (this.#counts.size < MOST_CODES)
      this.#counts.set(code, { count: times, example: shorten(example, EXAMPLE_CHARACTERS) });
  }
}
