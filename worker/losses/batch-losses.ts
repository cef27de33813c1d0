/**
 * Before a worker computes a batch that others held before, it looks at the batch's losses (R4, core/batch/isolation.ts): it lists them, isolates the batch from
 * the third on, and gives up the items that are convicted.
 */
import { convicted, isToBeIsolated, LOSSES_TO_ISOLATE, workerLost } from '../../core/batch/isolation.js';
import { encodeResultLine, failedLine } from '../../core/contract/result-line.js';
import type { LossMark } from '../../core/contract/loss-mark.js';
import type { BatchRecord } from '../batch/batch-record.js';
import type { HeldBatch } from '../batch/held-batch.js';
import type { EventSink, ObjectStore } from '../ports.js';
import type { Isolation } from './isolation.js';
import { LossRecord } from './loss-record.js';

export interface BatchLossesOptions {
  readonly store: ObjectStore;
  readonly record: Pick<BatchRecord, 'savePartial'>;
  readonly isolation: Pick<Isolation, 'begin'>;
  readonly events: EventSink;
}

export class BatchLosses {
  readonly #losses: LossRecord;
  readonly #options: BatchLossesOptions;

  constructor(options: BatchLossesOptions) {
    this.#options = options;
    this.#losses = new LossRecord(options.store);
  }

  /** Returns false when this worker cannot compute the batch now, because it has isolated another one. */
  async prepare(batch: HeldBatch): Promise<boolean> {
    const { events, isolation } = this.#options;
    const losses = this.#losses;
    const keys = await losses.list(batch, batch.signal);
    if (keys.length === 0) return true;
    events.emit({ code: 'losses-seen', losses: keys.length, ...batch.tags, message: seen(batch, keys.length) });
    if (keys.length < LOSSES_TO_ISOLATE) return true;
    const marks = await losses.read(keys, batch.signal);
    if (marks.length < keys.length) {
      const message = `${keys.length - marks.length} of the ${keys.length} loss marks of batch ${batch.message.batch} cannot be read as such, and do not count.`;
      events.emit({ code: 'trouble', doing: 'reading loss marks', ...batch.tags, message });
    }
    if (!isToBeIsolated(marks)) return true;
    if (!(await isolation.begin(batch))) return false;
    batch.isolatedFor = marks;
    const isolated =
      `Batch ${batch.message.batch} is computed alone and in small parts, because ${marks.length} workers died while they had it. ` +
      'This worker takes no other batch until it is done.';
    events.emit({ code: 'batch-isolated', losses: marks.length, ...batch.tags, message: isolated });
    await this.#giveUpConvicted(batch, marks);
    return true;
  }

  async #giveUpConvicted(batch: HeldBatch, marks: readonly LossMark[]): Promise<void> {
    const { firstIndex, items } = batch.message;
    const guilty = convicted(marks).filter(
      (index) => index >= firstIndex && index < firstIndex + items && !batch.isDone(index),
    );
    if (guilty.length === 0) return;
    const error = workerLost(marks.length);
    batch.addResults(guilty.map((index) => ({ index, ok: false, line: encodeResultLine(failedLine(index, error)) })));
    for (const index of guilty) {
      const message =
        `Item ${index} was given up (${error.code}): workers died each time that they computed it alone. The other items of batch ${batch.message.batch} go on. ` +
        'Look at the item, and at what the model does with it.';
      this.#options.events.emit({ code: 'item-given-up', index, losses: marks.length, ...batch.tags, message });
    }
    await this.#options.record.savePartial(batch, batch.signal);
  }
}

function seen({ message: { batch } }: HeldBatch, losses: number): string {
  const died =
    losses === 1
      ? `A worker died while batch ${batch} was in its slots.`
      : `${losses} workers died while batch ${batch} was in their slots.`;
  if (losses >= LOSSES_TO_ISOLATE) return died;
  return `${died} After ${LOSSES_TO_ISOLATE} such deaths a worker computes the batch alone, to find the item.`;
}
