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
/** The default pool has ten instances, and its smallest instance two vCPUs. */
const SLOTS_THAT_MAY_COME = { 'a pool of two slots': 2, 'the default pool': 20, 'without a trial': undefined } as const;
type Kind = keyof typeof SLOTS_THAT_MAY_COME;
const KINDS = Object.keys(SLOTS_THAT_MAY_COME) as Kind[];
/** Without a trial there is no pace, and batches are cut by the dataset alone. The figure shows what the pace is worth. */
const TARGETS: readonly Kind[] = ['a pool of two slots', 'the default pool'];

export async function processor(cloud: BenchCloud, { rounds, shortItems }: Sizes): Promise<Section> {
  const items = Array.from({ length: shortItems }, () => ({ ms: ITEM_MS }));
  const dataset = cloud.writeDataset('short-items.jsonl', items);
  const runs = await inRounds(KINDS, rounds, (kind) => {
    const mayCome = SLOTS_THAT_MAY_COME[kind];
    const pace = mayCome === undefined ? {} : { pace: { msPerItem: ITEM_MS, slots: mayCome } };
    return runJob(cloud, OURS, { dataset, model: 'busy.mjs', options: { slots: SLOTS }, ...pace });
  });
  const beside = (run: Run): number => (run.workerCpuSeconds * 1_000) / (shortItems * ITEM_MS);
  const shares = KINDS.map((kind) => (runs.get(kind) ?? []).map(beside));
  return {
    title: 'Processor time beside the model',
    how:
      `${shortItems.toLocaleString('en-US')} items of ${ITEM_MS} ms in a worker with ${SLOTS} slots, ${NO_LATENCY.name}. ` +
      "The processor time is that of the worker's own process, from before the submission until the queue is empty, without its slots.",
    header: ['', 'batches', 'processor time, s', 'of the model’s time', 'utilisation'],
    rows: KINDS.map((kind, at) => {
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
    targets: TARGETS.map((kind) => {
      const share = medianOf((runs.get(kind) ?? []).map(beside));
      return {
        wanted: `${kind}: at most ${MOST_BESIDE} of the model's time`,
        measured: share.toFixed(3),
        isMet: share <= MOST_BESIDE,
      };
    }),
  };
}
