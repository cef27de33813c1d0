/**
 * Counts the items that were done in slots of time. When there are too many slots, neighbours are joined: the slots of any two tallies stay aligned, so
 * the tallies of many workers add up.
 */
import { type DoneSlots, MOST_SLOTS_OF_TIME } from '../contract/worker-summary.js';

const SHORTEST_SLOT_MS = 1_000;

export class DoneTally {
  #slotMs = SHORTEST_SLOT_MS;
  #items = new Map<number, number>();
  #first = Infinity;
  #last = -Infinity;

  add(atMs: number, items: number): void {
    this.#count(Math.floor(atMs / this.#slotMs), items);
  }

  addAll({ slotMs, first, items }: DoneSlots): void {
    while (this.#slotMs < slotMs) this.#widen();
    items.forEach((count, at) => {
      if (count > 0) this.add((first + at) * slotMs, count);
    });
  }

  slots(): DoneSlots {
    if (this.#items.size === 0) return { slotMs: this.#slotMs, first: 0, items: [] };
    const first = this.#first;
    const items = Array.from({ length: this.#last - first + 1 }, (_, at) => this.#items.get(first + at) ?? 0);
    return { slotMs: this.#slotMs, first, items };
  }

  #count(slot: number, items: number): void {
    this.#items.set(slot, (this.#items.get(slot) ?? 0) + items);
    this.#first = Math.min(this.#first, slot);
    this.#last = Math.max(this.#last, slot);
    while (this.#last - this.#first >= MOST_SLOTS_OF_TIME) this.#widen();
  }

  #widen(): void {
    const before = [...this.#items];
    this.#slotMs *= 2;
    this.#items = new Map();
    for (const [slot, items] of before) {
      const wide = Math.floor(slot / 2);
      this.#items.set(wide, (this.#items.get(wide) ?? 0) + items);
    }
    this.#first = Math.floor(this.#first / 2);
    this.#last = Math.floor(this.#last / 2);
  }
}
