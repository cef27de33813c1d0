/** Why items failed: how often each code came, with an example of what it says. Bounded, whatever models make of codes and messages. */
import type { ItemError } from '../contract/result-line.js';
import { shorten } from '../shorten.js';

export interface ErrorCount {
  readonly code: string;
  readonly count: number;
  readonly example: string;
}

/** Models that make a code of every message are not worth a list. */
const MOST_CODES = 1_000;
/** Enough of a message to know it by; one may have megabytes. */
const EXAMPLE_CHARACTERS = 2_000;

export class FailureTally {
  readonly #counts = new Map<string, { count: number; readonly example: string }>();

  add({ code, message }: ItemError): void {
    this.#count(code, 1, message);
  }

  addAll(other: FailureTally): void {
    for (const [code, { count, example }] of other.#counts) this.#count(code, count, example);
  }

  /** The most frequent first. */
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
