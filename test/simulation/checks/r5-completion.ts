/**
 * R5: a job is complete only when every batch has its outcome, and what is sent again lacks its outcome as far as the sender knows.
 */
import { decodeBatchMessage } from '../../../core/contract/batch-message.js';
import { batchOfOutcomeKey, endsKey } from '../../../core/contract/keys.js';
import { decodeEnds } from '../../../core/contract/ends.js';
import type { Observer, ServiceCall } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';
import { jobOf, missingBatches } from './job-facts.js';

export class Completion implements Observer {
  /** The outcomes that each process has seen in listings, by job. */
  readonly #seen = new Map<SimulatedProcess, Map<string, Set<number>>>();

  onCall(call: ServiceCall, world: World): void {
    switch (call.operation) {
      case 's3.list':
        if (call.prefix.endsWith('/results/')) this.#learn(call, world);
        return;
      case 'sqs.send':
        if (call.process.kind === 'controller') this.#checkSent(call, world);
        return;
      case 's3.put':
        if (call.result.kind === 'written') checkEnd(call, world);
        return;
      default:
    }
  }

  /** How many outcomes of the job the process has seen. */
  seenBy(process: SimulatedProcess, job: string): number {
    return this.#seen.get(process)?.get(job)?.size ?? 0;
  }

  /** Somebody may have written outcomes of batches that the job does not have. */
  #learn({ keys, process }: Extract<ServiceCall, { operation: 's3.list' }>, world: World): void {
    const byJob = this.#seen.get(process) ?? new Map<string, Set<number>>();
    this.#seen.set(process, byJob);
    for (const key of keys) {
      const batch = batchOfOutcomeKey(key);
      if (batch === undefined) continue;
      const job = key.slice('jobs/'.length, key.indexOf('/results/'));
      if (batch >= (jobOf(world, job)?.batches ?? 0)) continue;
      const batches = byJob.get(job) ?? new Set<number>();
      byJob.set(job, batches.add(batch));
    }
  }

  #checkSent({ bodies, process }: Extract<ServiceCall, { operation: 'sqs.send' }>, world: World): void {
    for (const body of bodies) {
      const message = decodeBatchMessage(body);
      if (message === undefined) world.problem(`R5: ${process.name} sent what no worker can read: ${body}`);
      else if (this.#seen.get(process)?.get(message.job)?.has(message.batch) === true) {
        world.problem(
          `R5: ${process.name} sent batch ${message.batch} of ${message.job} again, and had seen its outcome`,
        );
      }
    }
  }
}

function checkEnd({ key, body, process }: Extract<ServiceCall, { operation: 's3.put' }>, world: World): void {
  const job = world.jobs.find((candidate) => key === endsKey(candidate.job));
  const last = job && decodeEnds(body)?.entries.at(-1);
  if (job === undefined || last?.kind !== 'end' || last.state !== 'complete') return;
  const missing = missingBatches(world, job);
  if (missing.length > 0) {
    world.problem(`R5: ${process.name} called ${job.job} complete without the batches ${missing.join(', ')}`);
  }
}
