/**
 * Tracks the items that a slot's process was asked for and has not answered: items of the current batch, items of the
 * next batch's first slice, which was sent ahead, and items that nobody waits for any more. Items of two jobs may have
 * the same index.
 *
 * Invariants:
 * - An item is not sent ahead if its answer could not be told apart from that of an item asked before.
 * - While items are sent ahead or forgotten, later items are to be started after them. So of two items with one index,
 *   that of the current batch is always answered last.
 * - Answers to items sent ahead are kept, in order, until the next batch adopts them.
 */
interface Ahead<Answer> {
  readonly unanswered: Set<number>;
  readonly answers: Answer[];
}

export class AskedItems<Answer extends { readonly index: number }> {
  readonly #now = new Set<number>();
  #ahead: Ahead<Answer> | undefined;
  /** Items that were sent ahead for a batch that was stopped. */
  readonly #forgotten = new Set<number>();

  /** The number of unanswered items of the current batch. */
  get size(): number {
    return this.#now.size;
  }

  /** The number of unanswered items of other batches. An item that is asked now has to come after them. */
  get sizeOfOthers(): number {
    return this.#forgotten.size + (this.#ahead?.unanswered.size ?? 0);
  }

  /** The number of all unanswered items: above 0 the model has something to do. */
  get sizeOfAll(): number {
    return this.#now.size + this.sizeOfOthers;
  }

  /** Answers are kept for the next batch. */
  get keepsAnswers(): boolean {
    return (this.#ahead?.answers.length ?? 0) > 0;
  }

  ask(indexes: Iterable<number>): void {
    for (const index of indexes) this.#now.add(index);
  }

  /** Returns false when the answers could not be told apart from those to earlier items. */
  askAhead(indexes: readonly number[]): boolean {
    if (this.#ahead !== undefined || indexes.some((index) => this.#now.has(index) || this.#forgotten.has(index))) {
      return false;
    }
    this.#ahead = { unanswered: new Set(indexes), answers: [] };
    return true;
  }

  /** Says to which items the answer belongs; undefined when it was not asked for, or was answered already. */
  answered(answer: Answer): 'now' | 'ahead' | 'forgotten' | undefined {
    const { index } = answer;
    if (this.#forgotten.delete(index)) return 'forgotten';
    if (this.#ahead?.unanswered.delete(index) === true) {
      this.#ahead.answers.push(answer);
      return 'ahead';
    }
    return this.#now.delete(index) ? 'now' : undefined;
  }

  /** Makes the items that were sent ahead those of the current batch, and returns their answers so far. */
  adoptAhead(): readonly Answer[] {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    this.ask(ahead?.unanswered ?? []);
    return ahead?.answers ?? [];
  }

  /** Forgets the items that were sent ahead: nobody waits for them. */
  forgetAhead(): void {
    for (const index of this.#ahead?.unanswered ?? []) this.#forgotten.add(index);
    this.#ahead = undefined;
  }
}
