/**
 * A binary heap whose items know their place in it, so that any item can be removed or moved in O(log n).
 *
 * Invariants: `items[i][slot] === i` for every item, and -1 for an item that left; no item comes before its parent.
 */
export class IndexedHeap<Slot extends string, Item extends Record<Slot, number>> {
  readonly #items: Item[] = [];
  readonly #slot: Slot;
  readonly #before: (a: Item, b: Item) => boolean;

  constructor(slot: Slot, before: (a: Item, b: Item) => boolean) {
    this.#slot = slot;
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#up(item, this.#items.length - 1);
  }

  pop(): Item | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Does nothing if the item is not in this heap. */
  remove(item: Item): void {
    const position = item[this.#slot];
    if (this.#items[position] !== item) return;
    const last = this.#items.pop() as Item;
    if (last !== item) this.#settle(last, position);
    this.#place(item, -1);
  }

  /** Must be called after the item's key has changed. */
  update(item: Item): void {
    this.#settle(item, item[this.#slot]);
  }

  #settle(item: Item, position: number): void {
    const parent = this.#items[(position - 1) >> 1];
    if (position > 0 && parent !== undefined && this.#before(item, parent)) this.#up(item, position);
    else this.#down(item, position);
  }

  #up(item: Item, from: number): void {
    let position = from;
    while (position > 0) {
      const above = (position - 1) >> 1;
      const parent = this.#items[above] as Item;
      if (!this.#before(item, parent)) break;
      this.#set(position, parent);
      position = above;
    }
    this.#set(position, item);
  }

  #down(item: Item, from: number): void {
    let position = from;
    for (;;) {
      let below = 2 * position + 1;
      let child = this.#items[below];
      if (child === undefined) break;
      const right = this.#items[below + 1];
      if (right !== undefined && this.#before(right, child)) {
        below += 1;
        child = right;
      }
      if (!this.#before(child, item)) break;
      this.#set(position, child);
      position = below;
    }
    this.#set(position, item);
  }

  #set(position: number, item: Item): void {
    this.#items[position] = item;
    this.#place(item, position);
  }

  #place(item: Item, position: number): void {
    (item as Record<Slot, number>)[this.#slot] = position;
  }
}
