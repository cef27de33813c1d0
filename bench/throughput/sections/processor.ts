/**
 * Measures the processor time that the worker takes beside its model, for many short items: a request costs the same
 * for an item of 2 ms as for one of a minute.
 */
import { inRounds, medianOf, show } from '../../support/rounds.js';
import type { Section } from '../../support/section.js';
import { type BenchCloud, NO_LATENCY } from '../lab/cloud.js';
import { OURS, type Run, runJob } from '../lab/contenders.js';
import type { Sizes } from '../sizes.js';

const ITEM_MS = 2;
const SLOTS = 2;
const MOST_BESIDE = 0.05;

export async function processor(cloud: BenchCloud, { rounds, shortItems }: Sizes): Promise<Section> {
  const items = Array.from({ length: shortItems }, () => ({ ms: ITEM_MS }));
  const dataset = cloud.writeDataset('short-items.jsonl', items);
  const kinds = ['no pace'] as const;
  const runs = await inRounds(kinds, rounds, () =>
    runJob(cloud, OURS, { dataset, model: 'busy.mjs', options: { slots: SLOTS } }),
  );
  const beside = (run: Run): number => (run.workerCpuSeconds * 1_000) / (shortItems * ITEM_MS);
  const shares = kinds.map((kind) => (runs.get(kind) ?? []).map(beside));
  return {
    title: 'Processor time beside the model',
    how:
      `${shortItems.toLocaleString('en-US')} items of ${ITEM_MS} ms in a worker with ${SLOTS} slots, ${NO_LATENCY.name}. ` +
      "The processor time is that of the worker's own process, from before the submission until the queue is empty, without its slots.",
    header: ['', 'batches', 'processor time, s', 'of the model’s time', 'utilisation'],
    rows: kinds.map((kind, at) => {
      const of = runs.get(kind) ?? [];
      return [
        kind,
        String(of[0]?.batches),
        show(
          of.map(({ workerCpuSeconds }) => workerCpuSeconds),
          2,
        ),
        show(shares[at] ?? [], 3),
        show(
          of.map(({ utilisation }) => utilisation),
          3,
        ),
      ];
    }),
    targets: kinds.map((kind, at) => ({
      wanted: `${kind}: at most ${MOST_BESIDE} of the model's time`,
      measured: medianOf(shares[at] ?? []).toFixed(3),
      isMet: medianOf(shares[at] ?? []) <= MOST_BESIDE,
    })),
  };
}
