/**
 * The memory of a slot's loaded model from one batch to the next: whether the process was asked any item, and a witness. A witness is an item that the
 * model answered well; it is asked again when errors come in a row.
 *
 * The best witness is an item after which the same process answered another one well. An item can be answered well and break the model for every item
 * after it, and asking that item again would do harm.
 */
export class SlotMemory<Item> {
  /** True when the process was asked at least one item. */
  used = false;
  #goodHere = false;
  #lastGood: Item | undefined;
  #proven: Item | undefined;

  answeredWell(item: Item): void {
    if (this.#goodHere) this.#proven = this.#lastGood;
    this.#lastGood = item;
    this.#goodHere = true;
  }

  get witness(): Item | undefined {
    return this.#proven ?? this.#lastGood;
  }

  /** The same model was loaded again: the items that it answered well stay known. */
  processReplaced(): void {
    this.used = false;
    this.#goodHere = false;
  }

  /** Forgets all items: they cannot be asked again, because their files are gone. */
  forgetItems(): void {
    this.#goodHere = false;
    this.#lastGood = undefined;
    this.#proven = undefined;
  }
}
