/**
 * The instances that a fleet was asked for and that have not come yet.
 *
 * Invariant: A request that is taken back was the last to come.
 */

export class PendingRequests {
  /** The requests in the order in which they come, with those that have come already. */
  #inOrder: number[] = [];
  readonly #atMs: number[] = [];
  readonly #isOver: boolean[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Adds requests that come at these times, and returns the number of the first one; the others follow it. */
  add(timesMs: readonly number[]): number {
    const first = this.#atMs.length;
    for (const atMs of timesMs) {
      this.#inOrder.push(this.#atMs.length);
      this.#atMs.push(atMs);
      this.#isOver.push(false);
    }
    this.#count += timesMs.length;
    this.#inOrder = this.#inOrder.filter((request) => this.#isOver[request] === false);
    this.#inOrder.sort((a, b) => (this.#atMs[a] ?? 0) - (this.#atMs[b] ?? 0));
    return first;
  }

  /** Returns false when the request was taken back. */
  come(request: number): boolean {
    if (this.#isOver[request] !== false) return false;
    this.#isOver[request] = true;
    this.#count -= 1;
    return true;
  }

  takeBack(wanted: number): void {
    for (let back = 0; back < wanted && this.#count > 0;) {
      const last = this.#inOrder.pop();
      if (last === undefined || !this.come(last)) continue;
      back += 1;
    }
  }
}
