/**
 * What is known of a slot's loaded model from one batch to the next: whether this process was asked anything yet, and a
 * witness: an item that the model answered well, to be asked again when errors come in a row.
 *
 * A witness is best an item after which the same process answered another one well: an item can be answered well and
 * break the model for every item after it, and asking that one again would do harm.
 */
export class SlotMemory<Item> {
  /** The process was asked at least one item. */
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

  /** The same model was loaded anew: what it answered well is still known. */
  processReplaced(): void {
    this.used = false;
    this.#goodHere = false;
  }

  /** The items known so far must not be asked again (their files are gone). */
  forgetItems(): void {
    this.#goodHere = false;
    this.#lastGood = undefined;
    this.#proven = undefined;
  }
}
