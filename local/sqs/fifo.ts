/** A first-in-first-out list that costs one pointer per item. */

/** Below this number, the space of removed items is not worth a copy. */
const MIN_COPIED = 1024;

export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  peek(): Item | undefined {
    return this.#items[this.#head];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  shift(): Item | undefined {
    const first = this.#items[this.#head];
    if (first === undefined) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    // Half of the items have left, so copying the rest costs each item one move on average.
    if (this.#head >= MIN_COPIED && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }
}
