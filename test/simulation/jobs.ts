/** The jobs of a simulation: what is submitted, and what must come out. */
import { createHash } from 'node:crypto';
import { encodeBatchMessage } from '../../core/contract/batch-message.js';
import { DEFAULT_JOB_OPTIONS, encodeManifest, type JobOptions, type Manifest } from '../../core/contract/job.js';
import * as keys from '../../core/contract/keys.js';
import { LOWEST_WORKER_VERSION } from '../../core/contract/version.js';
import { encodePlanLine, encodeSent } from '../../core/dataset/plan.js';
import { drawBehaviour, type Fate, type ModelBehaviour } from './models/behaviour.js';
import type { Random } from './random.js';
import type { World } from './world/world.js';

/** What a job is, apart from its id. */
export interface JobShape {
  readonly batches: number;
  readonly itemsPerBatch: number;
  readonly options: JobOptions;
  readonly behaviour: ModelBehaviour;
  /** The share of its messages that are lost after they were sent, and of those that are sent twice. */
  readonly lostShare: number;
  readonly twiceShare: number;
}

export interface SimulatedJob extends JobShape {
  readonly job: string;
  isCancelled: boolean;
}

/** The JSON text of an item in the dataset. */
export const inputOf = (index: number): string => String(index * 3);

export function drawJob(random: Random, without: readonly Fate[], given: Partial<JobShape> = {}): JobShape {
  const batches = random.int(1, 25);
  const itemsPerBatch = random.int(1, 12);
  const slots = random.pick([1, 2, 3]);
  const items = (given.batches ?? batches) * (given.itemsPerBatch ?? itemsPerBatch);
  const behaviour = drawBehaviour(random.fork('behaviour').next, { items, without });
  const options = { ...DEFAULT_JOB_OPTIONS, slots, concurrency: 1 } as const;
  return { batches, itemsPerBatch, options, behaviour, lostShare: 0.02, twiceShare: 0.05, ...given };
}

/** Writes a job's objects and messages at once, as a submit does step by step. */
export function plantJob(world: World, random: Random, shape: JobShape): SimulatedJob {
  const planted = addJob(world, shape);
  const { job, batches, itemsPerBatch, options } = planted;
  const body = encodeManifest(manifestOf(world, planted, options));
  const manifestDigest = createHash('sha256').update(body).digest('hex');
  const { bucket, queue } = world;
  let part = '';
  const plan = Array.from({ length: batches }, (_, batch) => {
    const startByte = part.length;
    const firstIndex = batch * itemsPerBatch;
    for (let item = 0; item < itemsPerBatch; item += 1) part += `${inputOf(firstIndex + item)}\n`;
    return { batch, key: keys.inputPartKey(job, 0), startByte, endByte: part.length, firstIndex, items: itemsPerBatch };
  });
  bucket.put(keys.inputPartKey(job, 0), part);
  bucket.put(keys.planKey(job), plan.map(encodePlanLine).join(''));
  bucket.put(keys.manifestKey(job), body);
  for (const location of plan) {
    const message = encodeBatchMessage({ ...location, job, manifestDigest, worker: LOWEST_WORKER_VERSION });
    if (random.chance(shape.lostShare)) world.did('message-lost');
    else queue.enqueue(message);
    if (!random.chance(shape.twiceShare)) continue;
    world.did('message-twice');
    queue.enqueue(message);
  }
  bucket.put(keys.sentKey(job), encodeSent(batches));
  bucket.put(keys.enqueuedKey(job), '{}');
  return planted;
}

/** Makes a job known to the world, which is to be submitted. */
export function addJob(world: World, shape: JobShape): SimulatedJob {
  const added = { ...shape, job: `job-${world.jobs.length}`, isCancelled: false };
  world.jobs.push(added);
  return added;
}

/** The model's digest is its job's name, so that its behaviour is found by it. */
export const modelOf = (job: string): Manifest['model'] => ({
  name: job,
  digest: job.replace('-', ''),
  start: { kind: 'command', argv: ['model', job] },
});

function manifestOf(world: World, { job, batches, itemsPerBatch }: SimulatedJob, options: JobOptions): Manifest {
  return {
    version: 1,
    job,
    dataset: { name: 'd', digest: 'd', kind: 'lines', items: batches * itemsPerBatch, bytes: 0, badItems: 0 },
    model: modelOf(job),
    options,
    batches,
    createdAt: new Date(world.clock.nowMs).toISOString(),
    createdBy: 'someone',
    versions: { spotpool: '0', node: '20', worker: LOWEST_WORKER_VERSION },
  };
}
