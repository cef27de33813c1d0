/** The jobs of a simulation: what was submitted, and what must come out. */
import { createHash } from 'node:crypto';
import { encodeBatchMessage } from '../../core/contract/batch-message.js';
import { DEFAULT_JOB_OPTIONS, encodeManifest, type JobOptions, type Manifest } from '../../core/contract/job.js';
import * as keys from '../../core/contract/keys.js';
import { LOWEST_WORKER_VERSION } from '../../core/contract/version.js';
import { encodePlanLine, encodeSent } from '../../core/dataset/plan.js';
import type { Random } from './random.js';
import type { World } from './world/world.js';

/** What a job's model does with each item. */
export interface ModelBehaviour {
  readonly msPerItem: number;
}

export interface SimulatedJob {
  readonly job: string;
  readonly batches: number;
  readonly itemsPerBatch: number;
  readonly behaviour: ModelBehaviour;
  isCancelled: boolean;
}

/** The input of an item, and the output that the models compute from it. */
export const inputOf = (index: number): number => index * 3;
export const outputOf = (input: number): number => input + 1;

const LOST_SHARE = 0.02;
const TWICE_SHARE = 0.05;

/** Writes a job as a submit does, at once. */
export function plantJob(world: World, random: Random): SimulatedJob {
  const job = `job-${world.jobs.length}`;
  const batches = random.int(1, 25);
  const itemsPerBatch = random.int(1, 12);
  const options: JobOptions = { ...DEFAULT_JOB_OPTIONS, slots: random.pick([1, 2, 3]), concurrency: 1 };
  const behaviour: ModelBehaviour = { msPerItem: random.pick([5, 50, 400, 3000]) };
  const manifest: Manifest = {
    version: 1,
    job,
    dataset: { name: 'd', digest: 'd', kind: 'lines', items: batches * itemsPerBatch, bytes: 0, badItems: 0 },
    model: { name: job, digest: job.replace('-', ''), start: { kind: 'command', argv: ['model', job] } },
    options,
    batches,
    createdAt: new Date(world.clock.nowMs).toISOString(),
    createdBy: 'someone',
    versions: { spotpool: '0', node: '20', worker: LOWEST_WORKER_VERSION },
  };
  const body = encodeManifest(manifest);
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
    if (random.chance(LOST_SHARE)) world.did('message-lost');
    else queue.enqueue(message);
    if (!random.chance(TWICE_SHARE)) continue;
    world.did('message-twice');
    queue.enqueue(message);
  }
  bucket.put(keys.sentKey(job), encodeSent(batches));
  bucket.put(keys.enqueuedKey(job), '{}');
  const planted = { job, batches, itemsPerBatch, behaviour, isCancelled: false };
  world.jobs.push(planted);
  return planted;
}
