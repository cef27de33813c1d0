import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HandBackReason, NewWorkerEvent, WorkerEvent } from '../../../core/contract/events.js';
import * as keys from '../../../core/contract/keys.js';
import { encodeWorkerSummary } from '../../../core/contract/worker-summary.js';
import { WorkerSummaries } from '../../../core/record/worker-summaries.js';
import { sumWork, totalsOf } from '../../../runner/status/work-totals.js';
import { sumEvents } from '../../../runner/status/worker-events.js';
import { MemoryStore } from '../../support/memory-store.js';

const never = new AbortController().signal;
const AT = '2026-01-01T00:00:00.000Z';

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

const committed: NewWorkerEvent = {
  code: 'batch-committed',
  job: 'a',
  batch: 1,
  lease: 'i-1-l',
  ok: 5,
  failed: 1,
  resumed: 0,
  receives: 3,
  computeMs: 10,
  heldMs: 10,
  message: '',
};

/** An event of a lease, and what may follow it at once under the same lease. */
const leaseEvents = fc
  .record({
    kind: fc.constantFrom('committed', 'handed-back', 'duplicate', 'lost', 'attempt', 'shape', 'phase'),
    batch: fc.integer({ min: 0, max: 5 }),
    number: fc.integer({ min: 0, max: 9 }),
    reason: fc.constantFrom<HandBackReason[]>('waiting', 'draining', 'attempt'),
  })
  .map(({ kind, batch, number, reason }): readonly NewWorkerEvent[] => {
    const tags = { job: 'a', batch, message: '' };
    switch (kind) {
      case 'committed':
        return [{ ...committed, batch, ok: number, receives: (number % 4) + 1, resumed: Math.min(number, 2) }];
      case 'handed-back':
        return [{ code: 'batch-handed-back', reason, savedItems: number, ...tags }];
      case 'duplicate':
        return [{ code: 'batch-duplicate', items: number, ...tags }];
      case 'lost':
        return [{ code: 'lease-lost', items: number, ...tags }];
      case 'attempt':
        return [
          { code: 'attempt', attempts: 1, maxAttempts: 3, ...tags },
          { code: 'batch-handed-back', reason: 'attempt', savedItems: 0, ...tags },
        ];
      case 'shape':
        return [{ code: 'slot-shape', job: 'a', slots: number, concurrency: 1, settled: true, message: 'It fits.' }];
      default:
        return [{ code: 'model-ready', job: 'a', model: 'm', loadMs: number, message: '' }];
    }
  });

describe('the totals of a job', () => {
  it('are the same from the summaries of its workers as from all of their events', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(leaseEvents, { maxLength: 30 }), { minLength: 1, maxLength: 4 }),
        async (workers) => {
          const events: WorkerEvent[] = [];
          const summaries = workers.flatMap((groups, worker) => {
            const instance = `i-${worker}`;
            const made = new WorkerSummaries(instance);
            groups.forEach((group, lease) => {
              for (const event of group) {
                const full = { at: AT, instance, ...event, lease: `${instance}-${lease}` };
                events.push(full);
                made.add(full);
              }
            });
            return made.take('a') ?? [];
          });
          const { phases, ...expected } = await sumEvents(each(events));
          const { phases: told, ...found } = totalsOf(summaries);
          expect(found).toEqual(expected);
          expect(Object.fromEntries(Object.entries(told).filter(([, times]) => times.length > 0))).toEqual(phases);
        },
      ),
    );
  });

  it('come from the events while the summaries do not hold all outcomes', async () => {
    const store = new MemoryStore();
    const event: WorkerEvent = { at: AT, instance: 'i-1', ...committed };
    const duplicate: WorkerEvent = {
      at: AT,
      instance: 'i-1',
      code: 'batch-duplicate',
      items: 9,
      message: '',
      job: 'a',
    };
    await store.put(keys.jobEventsKey('a', 'i-1', 0), `${JSON.stringify(duplicate)}\n`, { signal: never });
    const summaries = new WorkerSummaries('i-1');
    summaries.add(event);
    const text = encodeWorkerSummary(summaries.take('a') ?? expect.fail('There is no summary.'));
    await store.put(keys.summaryKey('a', 'i-1'), text, { signal: never });
    const sum = (ok: number) => sumWork(store, { job: 'a', items: { total: 9, ok, failed: 1 } }, never);
    expect((await sum(5)).duplicateItems).toBe(0);
    expect((await sum(8)).duplicateItems).toBe(9);
  });
});
