/** Bounds how many calls run at once, however many callers there are. Callers that wait are served in the order in which they came. */
export class Lanes {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(lanes: number) {
    this.#free = lanes;
  }

  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await call();
    } finally {
      const next = this.#waiting.shift();
      // The lane goes straight to the next caller, so that no newcomer can take it first.
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
