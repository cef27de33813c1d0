/**
 * The items that a slot's process was asked and has not answered: those of the batch in hand, those of the next one's first slice, which was
 * sent ahead, and those that nobody waits for any more. The model answers in that order, as far as batches go.
 *
 * Invariants:
 * - What could not be told apart from what was asked before is not sent ahead. A forgotten item may be asked anew: either answer will do.
 * - What is answered ahead is kept, in order, until the next batch takes it up.
 */
interface Ahead<Answer> {
  readonly unanswered: Set<number>;
  readonly answers: Answer[];
}

export class AskedItems<Answer extends { readonly index: number }> {
  readonly #now = new Set<number>();
  #ahead: Ahead<Answer> | undefined;
  /** Sent ahead for a batch that was stopped. */
  readonly #forgotten = new Set<number>();

  /** Of the batch in hand. */
  get size(): number {
    return this.#now.size;
  }

  /** Of anybody: the model has something to do. */
  get sizeOfAll(): number {
    return this.#now.size + this.#forgotten.size + (this.#ahead?.unanswered.size ?? 0);
  }

  ask(indexes: Iterable<number>): void {
    for (const index of indexes) this.#now.add(index);
  }

  /** False when they cannot be told apart from what was asked before. */
  askAhead(indexes: readonly number[]): boolean {
    if (this.#ahead !== undefined || indexes.some((index) => this.#now.has(index) || this.#forgotten.has(index))) {
      return false;
    }
    this.#ahead = { unanswered: new Set(indexes), answers: [] };
    return true;
  }

  /** Whose answer it is; undefined when it was not asked for, or is answered already. */
  answered(answer: Answer): 'now' | 'ahead' | 'forgotten' | undefined {
    const { index } = answer;
    if (this.#now.delete(index)) return 'now';
    if (this.#forgotten.delete(index)) return 'forgotten';
    if (this.#ahead?.unanswered.delete(index) !== true) return undefined;
    this.#ahead.answers.push(answer);
    return 'ahead';
  }

  /** What was sent ahead is of the batch in hand now; its answers so far. */
  takeUp(): readonly Answer[] {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    this.ask(ahead?.unanswered ?? []);
    return ahead?.answers ?? [];
  }

  /** Nobody waits for what was sent ahead. */
  forgetAhead(): void {
    for (const index of this.#ahead?.unanswered ?? []) this.#forgotten.add(index);
    this.#ahead = undefined;
  }
}
