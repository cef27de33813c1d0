/** The open long polls: first come, first served, each with its end. */
import { IndexedHeap } from './indexed-heap.js';
import type { Delivery } from './message.js';

export interface ReceiveRequest {
  readonly max: number;
  readonly waitMs: number;
  readonly visibilityMs: number;
}

export interface Waiter extends ReceiveRequest {
  readonly endsMs: number;
  readonly answer: (deliveries: readonly Delivery[]) => void;
  readonly refuse: (error: Error) => void;
  place: number;
}

export class Waiters {
  /** The polls in the order of their arrival. */
  readonly #all = new Set<Waiter>();
  readonly #byEnd = new IndexedHeap<'place', Waiter>('place', (a, b) => a.endsMs < b.endsMs);

  get size(): number {
    return this.#all.size;
  }

  add(waiter: Waiter): void {
    this.#all.add(waiter);
    this.#byEnd.push(waiter);
  }

  remove(waiter: Waiter): void {
    this.#all.delete(waiter);
    this.#byEnd.remove(waiter);
  }

  first(): Waiter | undefined {
    return this.#all.values().next().value;
  }

  /** Returns the poll that ends first. */
  firstToEnd(): Waiter | undefined {
    return this.#byEnd.peek();
  }
}
