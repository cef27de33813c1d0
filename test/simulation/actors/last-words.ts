/** The journal of a simulated worker, and the program that outlives it and marks its losses (R4). */
import { markLoss } from '../../../worker/losses/mark-losses.js';
import type { SlotJournal } from '../../../worker/losses/journal.js';
import { encodeItems, readJournal, type InSlots } from '../../../worker/losses/journal-lines.js';
import { SimulatedProcess } from '../process.js';
import type { SimulatedInstance } from '../world/fleet.js';
import type { World } from '../world/world.js';

/** The journal as it is on the instance's disk; undefined when the worker has closed it. */
export class SimulatedJournal implements SlotJournal {
  readonly #lines = new Map<string, string>();
  #isClosed = false;

  get text(): string {
    return [...this.#lines.values()].join('');
  }

  inSlots(items: InSlots): void {
    if (!this.#isClosed) this.#lines.set(items.lease, encodeItems(items));
  }

  gone(lease: string): void {
    this.#lines.delete(lease);
  }

  close(): void {
    this.#isClosed = true;
    this.#lines.clear();
  }
}

/** Writes the loss marks of a worker that has died, while its instance lives. Rejects when they cannot be written. */
export async function sayLastWords(
  world: World,
  instance: SimulatedInstance,
  journal: SimulatedJournal,
): Promise<void> {
  const process = new SimulatedProcess('worker', `${instance.id} last words`, world.clock, world.random);
  instance.lastWords = process;
  const { signal } = new AbortController();
  const how = {
    store: world.bucket.storeFor(process),
    nowMs: process.clock.nowMs(),
    signal,
    writeLine: () => undefined,
  };
  await Promise.all(readJournal(journal.text).inSlots.map((last) => markLoss(last, how)));
}
