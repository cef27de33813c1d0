/** Counts failed items by their code, with the example of the lowest index. Its memory is bounded, whatever codes and messages models use. */
import { CODE_CHARACTERS, type ErrorExample, EXAMPLE_CHARACTERS } from '../contract/error-example.js';
import { shorten } from '../shorten.js';

export class ErrorTally {
  readonly #found = new Map<string, ErrorExample>();
  #others = 0;

  readonly #mostCodes: number;

  constructor(mostCodes: number) {
    this.#mostCodes = mostCodes;
  }

  /** The number of failed items whose code had no room. */
  get others(): number {
    return this.#others;
  }

  add(error: ErrorExample): void {
    const code = error.code.slice(0, CODE_CHARACTERS);
    const known = this.#found.get(code);
    if (known === undefined && this.#found.size >= this.#mostCodes) {
      this.#others += error.count;
      return;
    }
    const count = (known?.count ?? 0) + error.count;
    if (known !== undefined && known.index <= error.index) this.#found.set(code, { ...known, count });
    else {
      const message = shorten(error.message, EXAMPLE_CHARACTERS);
      this.#found.set(code, { code, count, index: error.index, message });
    }
  }

  addAll(errors: readonly ErrorExample[], others = 0): void {
    for (const error of errors) this.add(error);
    this.#others += others;
  }

  /** Returns the codes, the most frequent first. */
  errors(): readonly ErrorExample[] {
    return [...this.#found.values()].sort((a, b) => b.count - a.count || a.index - b.index);
  }
}
