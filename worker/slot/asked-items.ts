/**
 * The items that a slot's process was asked and has not answered: those of the batch in hand, those of the next one's first slice, which was
 * sent ahead, and those that nobody waits for any more. Items of two jobs may have the same index.
 *
 * Invariants:
 * - What could not be told apart from what was asked before is not sent ahead.
 * - While anything is asked ahead or forgotten, whatever is asked then is to be begun after it. So of two items of one index the one in hand is
 *   always answered last.
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

  /** Of others: what is asked now has to come after it. */
  get sizeOfOthers(): number {
    return this.#forgotten.size + (this.#ahead?.unanswered.size ?? 0);
  }

  /** Of anybody: the model has something to do. */
  get sizeOfAll(): number {
    return this.#now.size + this.sizeOfOthers;
  }

  /** The next batch has answers that are kept for it. */
  get keepsAnswers(): boolean {
    return (this.#ahead?.answers.length ?? 0) > 0;
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
    if (this.#forgotten.delete(index)) return 'forgotten';
    if (this.#ahead?.unanswered.delete(index) === true) {
      this.#ahead.answers.push(answer);
      return 'ahead';
    }
    return this.#now.delete(index) ? 'now' : undefined;
  }

  /** What was sent ahead is of the batch in hand now; its answers so far. */
  adoptAhead(): readonly Answer[] {
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
