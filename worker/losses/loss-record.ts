/** Lists and reads the loss marks of a batch. A mark that is not one is treated as missing (R13). */
import { decodeLossMark, type LossMark, MOST_LOSS_BYTES } from '../../core/contract/loss-mark.js';
import { lossPrefix } from '../../core/contract/keys.js';
import { mapBounded } from '../../core/map-bounded.js';
import type { HeldBatch } from '../batch/held-batch.js';
import type { ObjectStore } from '../ports.js';

/** A batch in which every item ends its worker has three marks for each. More marks than these are not read. */
const MOST_MARKS = 5_000;
const READS_AT_ONCE = 16;

export class LossRecord {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  async list(batch: HeldBatch, signal: AbortSignal): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of this.#store.list(lossPrefix(batch.message.job, batch.message.batch), { signal })) {
      if (keys.push(key) >= MOST_MARKS) break;
    }
    return keys;
  }

  async read(keys: readonly string[], signal: AbortSignal): Promise<readonly LossMark[]> {
    const marks: LossMark[] = [];
    await mapBounded(keys, READS_AT_ONCE, async (key) => {
      const stored = await this.#store.get(key, { signal, range: { startByte: 0, endByte: MOST_LOSS_BYTES + 1 } });
      const mark = stored === undefined ? undefined : decodeLossMark(stored.body);
      if (mark !== undefined) marks.push(mark);
    });
    return marks;
  }
}
