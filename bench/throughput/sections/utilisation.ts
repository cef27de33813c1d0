/** Measures the share of its time in which a slot computes, in the worker and in the loops that it is compared with. */
import { inRounds, medianOf, show } from '../../support/rounds.js';
import type { Section, Target } from '../../support/section.js';
import { type BenchCloud, type Latency, NO_LATENCY, REAL_LATENCY } from '../lab/cloud.js';
import { type Contender, ON_SQS_CONSUMER, ONE_BY_ONE, OURS, type Run, runJob } from '../lab/contenders.js';
import type { Sizes } from '../sizes.js';

const ITEMS_PER_BATCH = 10;
const COMPUTE_MS = [5, 50, 500] as const;
const CONTENDERS = [ONE_BY_ONE, ON_SQS_CONSUMER, OURS] as const;
const LEAST_UTILISATION = 0.97;
const LEAST_GAIN = 1.5;
/** The targets for utilisation and gain are set for this time per item. */
const TARGET_MS = 50;
/** This is two receives of a loop that receives ten at a time: within one receive there is nothing to wait for. */
const LEAST_BATCHES = 20;
/** Rows that differ only by noise do not count as slower. */
const NOISE = 0.01;

interface Shape {
  readonly latency: Latency;
  readonly computeMs: number;
}

type Samples = ReadonlyMap<Contender, readonly Run[]>;

export async function utilisation(
  cloud: BenchCloud,
  sizes: Sizes,
  shapes: readonly Shape[] = [REAL_LATENCY, NO_LATENCY].flatMap((latency) =>
    COMPUTE_MS.map((computeMs) => ({ latency, computeMs })),
  ),
): Promise<Section> {
  const rows: string[][] = [];
  const targets: Target[] = [];
  for (const shape of shapes) {
    await cloud.slowDown(shape.latency);
    const samples = await inRounds(CONTENDERS, sizes.rounds, (contender, round) =>
      runJob(cloud, contender, jobOf(cloud, contender, shape, { round, seconds: sizes.slotSeconds })),
    );
    for (const contender of CONTENDERS) rows.push(rowOf(shape, contender, samples));
    targets.push(...targetsOf(shape, samples));
  }
  await cloud.slowDown(NO_LATENCY);
  return {
    title: 'Slot utilisation',
    how:
      `One slot, batches of ${ITEMS_PER_BATCH} items; the model spins until so much time is over by the clock. ` +
      'Utilisation: the sum of what the model computed over the time from its first start to its last end, from its own clock. ' +
      'All have the same slot (the same child process, spoken to by the same code), messages, input and SDK settings. ' +
      'The one-by-one loop: receive one, download, compute, upload, delete. sqs-consumer: batchSize 10 (its largest), so that ten downloads and uploads go on beside the slot. ' +
      'CPU: of the worker without its slot.',
    header: ['', 'utilisation', 'batches/s', '× one by one', 'CPU s per 1,000 batches'],
    rows,
    targets,
  };
}

/** Chooses the number of batches so that the run takes about as long as requested. */
function jobOf(
  cloud: BenchCloud,
  contender: Contender,
  { latency, computeMs }: Shape,
  { round, seconds }: { readonly round: number; readonly seconds: number },
) {
  const waitsMs = contender === ONE_BY_ONE && latency !== NO_LATENCY ? 85 : 5;
  const batches = Math.max(LEAST_BATCHES, Math.min(300, Math.round((seconds * 1_000) / (computeMs + waitsMs))));
  const items = Array.from({ length: batches * ITEMS_PER_BATCH }, () => ({ ms: computeMs / ITEMS_PER_BATCH }));
  const name = `busy-${contender.title.replaceAll(' ', '-')}-${computeMs}-${round}.jsonl`;
  return { dataset: cloud.writeDataset(name, items), model: 'busy.mjs', batchItems: ITEMS_PER_BATCH };
}

const rates = (samples: Samples, contender: Contender): number[] =>
  (samples.get(contender) ?? []).map(({ batchesPerSecond }) => batchesPerSecond);

function rowOf({ latency, computeMs }: Shape, contender: Contender, samples: Samples): string[] {
  const runs = samples.get(contender) ?? [];
  const gain = medianOf(rates(samples, contender)) / medianOf(rates(samples, ONE_BY_ONE));
  const cpu = runs.map(({ workerCpuSeconds, batches }) => (workerCpuSeconds * 1_000) / batches);
  return [
    `${computeMs} ms, ${latency.name}: ${contender.title}`,
    show(
      runs.map((run) => run.utilisation),
      3,
    ),
    show(rates(samples, contender), 1),
    gain.toFixed(2),
    show(cpu, 1),
  ];
}

function targetsOf(shape: Shape, samples: Samples): Target[] {
  const ours = medianOf((samples.get(OURS) ?? []).map((run) => run.utilisation));
  const where = `${shape.computeMs} ms, ${shape.latency.name}`;
  const over = (peer: Contender): number => medianOf(rates(samples, OURS)) / medianOf(rates(samples, peer));
  const targets: Target[] = [];
  if (shape.computeMs === TARGET_MS && shape.latency === REAL_LATENCY) {
    targets.push(
      {
        wanted: `${where}: utilisation at least ${LEAST_UTILISATION}`,
        measured: ours.toFixed(3),
        isMet: ours >= LEAST_UTILISATION,
      },
      {
        wanted: `${where}: at least ${LEAST_GAIN} times the one-by-one loop`,
        measured: over(ONE_BY_ONE).toFixed(2),
        isMet: over(ONE_BY_ONE) >= LEAST_GAIN,
      },
    );
  }
  const ratio = over(ON_SQS_CONSUMER);
  targets.push({
    wanted: `${where}: never slower than sqs-consumer (less ${NOISE * 100} % of noise)`,
    measured: `${ratio.toFixed(3)} ×`,
    isMet: ratio >= 1 - NOISE,
  });
  return targets;
}
