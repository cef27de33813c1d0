/**
 * R10: a batch is given up only after its attempts, and a job whose model is sound never fails. (liveness.ts holds the lines of every outcome against the fates
 * of its items.)
 */
import { decodeEnds } from '../../../core/contract/ends.js';
import { endsKey } from '../../../core/contract/keys.js';
import { decodeOutcomeMetadata } from '../../../core/contract/result-line.js';
import type { Observer, ServiceCall } from '../calls.js';
import type { SimulatedJob } from '../jobs.js';
import type { World } from '../world/world.js';
import { batchOfKey, jobOf } from './job-facts.js';
import { attemptsOf } from './r4-reclaims.js';

const MAX_ATTEMPTS = 3;

export class Items implements Observer {
  onCall(call: ServiceCall, world: World): void {
    if (call.operation !== 's3.put' || call.result.kind !== 'written') return;
    const place = batchOfKey(call.key, 'results');
    const job = place && jobOf(world, place.job);
    if (place !== undefined && job !== undefined) checkGivenUp(call, job, place.batch, world);
    const ended = world.jobs.find((candidate) => call.key === endsKey(candidate.job));
    if (ended !== undefined) checkEnd(call, ended, world);
  }
}

type Put = Extract<ServiceCall, { operation: 's3.put' }>;

function checkGivenUp({ options, process }: Put, job: SimulatedJob, batch: number, world: World): void {
  if (decodeOutcomeMetadata(options.metadata ?? {})?.givenUp !== true) return;
  const attempts = attemptsOf(world, job.job, batch);
  if (attempts >= MAX_ATTEMPTS) return;
  world.problem(`R10: ${process.name} gave up batch ${batch} of ${job.job} after ${attempts} attempts`);
}

/** A job may fail only when something is wrong with its model. */
function checkEnd({ body }: Put, job: SimulatedJob, world: World): void {
  const last = decodeEnds(body)?.entries.at(-1);
  const { fates, load } = job.behaviour;
  if (last?.kind !== 'end' || last.state !== 'failed' || fates.size > 0 || load !== 'loads') return;
  world.problem(`R10: ${job.job} failed, and its model is sound: ${last.reason}`);
}
