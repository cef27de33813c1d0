/**
 * R1: the outcome is there before its message is deleted, it is never replaced, and an outcome that was there when the message came is never computed
 * again.
 */
import { createHash } from 'node:crypto';
import { manifestKey } from '../../../core/contract/keys.js';
import type { NewWorkerEvent } from '../../../core/contract/events.js';
import type { Observer, ServiceCall } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';
import type { HeldLeases } from './held-leases.js';
import { batchOfKey, hasEverEnded, hasOutcome } from './job-facts.js';

export class ResultFirst implements Observer {
  readonly #leases: HeldLeases;
  readonly #written = new Map<string, string>();

  constructor(leases: HeldLeases) {
    this.#leases = leases;
  }

  onCall(call: ServiceCall, world: World): void {
    if (call.operation === 'sqs.delete') {
      for (const [n, handle] of call.receiptHandles.entries()) {
        if (call.results[n] === 'ok') this.#checkDelete(handle, call.process, world);
      }
    }
    if (call.operation === 's3.put' && batchOfKey(call.key, 'results') !== undefined) this.#checkPut(call, world);
  }

  onWorkerEvent(process: SimulatedProcess, event: NewWorkerEvent, world: World): void {
    if (event.code !== 'batch-duplicate' || event.items === 0) return;
    const leases = this.#leases
      .allOf(process)
      .filter(({ message }) => message?.job === event.job && message?.batch === event.batch);
    const wasTold = leases.every(
      ({ hadOutcome, message, receiveCount }) => hadOutcome && (receiveCount > 1 || message?.again === true),
    );
    if (leases.length > 0 && wasTold) {
      world.problem(
        `R1: ${process.name} computed batch ${event.batch} of ${event.job} again, although its outcome was there`,
      );
    }
  }

  #checkDelete(handle: string, process: SimulatedProcess, world: World): void {
    const message = this.#leases.of(handle)?.message;
    if (message === undefined) return;
    const { job, batch, manifestDigest } = message;
    if (hasOutcome(world, job, batch) || hasEverEnded(world, job)) return;
    if (digestOf(world, job) !== manifestDigest) return;
    world.problem(`R1: ${process.name} deleted the message of batch ${batch} of ${job}, which has no outcome`);
  }

  #checkPut({ key, options, result, process }: Extract<ServiceCall, { operation: 's3.put' }>, world: World): void {
    if (options.ifNoneMatch !== true) world.problem(`R1: ${process.name} wrote ${key} without If-None-Match`);
    if (result.kind !== 'written') return;
    if (this.#written.has(key)) world.problem(`R1: ${process.name} replaced ${key}`);
    this.#written.set(key, result.etag);
    if (options.metadata?.['lease'] === undefined) world.problem(`R1: the metadata of ${key} names no lease`);
  }
}

function digestOf(world: World, job: string): string | undefined {
  const text = world.bucket.text(manifestKey(job));
  return text === undefined ? undefined : createHash('sha256').update(text).digest('hex');
}
