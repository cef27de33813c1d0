/**
 * R4: an attempt has a cause in the model or the bucket, never a reclaim; a loss mark belongs to a worker that died with the batch and was not reclaimed; and
 * nobody is convicted without three marks.
 */
import { attemptPrefix, lossPrefix } from '../../../core/contract/keys.js';
import { decodeLossMark } from '../../../core/contract/loss-mark.js';
import { ITEM_ERROR_CODES } from '../../../core/contract/result-line.js';
import { LOSS_CODE } from '../models/loss-code.js';
import type { Observer, ServiceCall } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';
import { batchOfKey, instanceOfLease, jobOf } from './job-facts.js';

const CONVICTING_LOSSES = 3;

/** An attempt ends with one of these codes when the model has used up its rebuilds. */
const MODEL_CODES: ReadonlySet<string> = new Set([
  ITEM_ERROR_CODES.modelError,
  ITEM_ERROR_CODES.slotCrashed,
  ITEM_ERROR_CODES.protocolFault,
  ITEM_ERROR_CODES.itemTimeout,
  ITEM_ERROR_CODES.memoryExceeded,
]);
/** An attempt ends with one of these when the bucket did not answer (worker/batch). */
const BUCKET_CODES: ReadonlySet<string> = new Set(['InputUnreadable', 'OutcomeUnwritable']);

export class Reclaims implements Observer {
  /** Processes that the world has disturbed: a model that stands still for long is ended, and its items are tried again. */
  readonly #disturbed = new Set<SimulatedProcess>();
  #bucketFailed = false;

  onFault(name: string, world: World): void {
    if (name === 'outage' || name === 'cut-off') this.#bucketFailed = true;
    for (const { process } of world.fleet.instances) {
      if (process.frozenUntilMs > world.clock.nowMs || name === 'clock-jump') this.#disturbed.add(process);
    }
  }

  onCall(call: ServiceCall, world: World): void {
    if (call.operation !== 's3.put' || call.result.kind !== 'written') return;
    if (batchOfKey(call.key, 'attempts') !== undefined) this.#checkAttempt(call, world);
    if (batchOfKey(call.key, 'losses') !== undefined) this.#checkLoss(call.key, world);
    if (batchOfKey(call.key, 'results') !== undefined) this.#checkConviction(call, world);
  }

  #checkAttempt({ key, body, process }: Put, world: World): void {
    const code = codeOf(body);
    const behaviour = jobOf(world, batchOfKey(key, 'attempts')?.job ?? '')?.behaviour;
    const byModel = MODEL_CODES.has(code) && (this.#disturbed.has(process) || (behaviour?.fates.size ?? 0) > 0);
    const byBucket = BUCKET_CODES.has(code) && (this.#bucketFailed || world.settings.lossShare > 0);
    if (!byModel && !byBucket)
      world.problem(`R4: ${process.name} counted an attempt without a cause: ${key} (${code})`);
  }

  #checkLoss(key: string, world: World): void {
    const lease = key.slice(key.lastIndexOf('/') + 1, -'.json'.length);
    const id = instanceOfLease(lease);
    const instance = world.fleet.instances.find((candidate) => candidate.id === id);
    if (instance === undefined) world.problem(`R4: ${key} names an instance that never was`);
    else if (instance.reclaimed) world.problem(`R4: ${key} counts a reclaim as a loss`);
    else if (!instance.process.isDead) world.problem(`R4: ${key} counts a loss, and its worker lives`);
  }

  #checkConviction({ key, body, process }: Put, world: World): void {
    if (!body.includes(`"${LOSS_CODE}"`)) return;
    const { job, batch } = batchOfKey(key, 'results') ?? { job: '', batch: 0 };
    const marks = world.bucket
      .keys(lossPrefix(job, batch))
      .flatMap((mark) => decodeLossMark(world.bucket.text(mark) ?? '') ?? []);
    for (const line of body.toString().split('\n')) {
      if (!line.includes(`"code":"${LOSS_CODE}"`)) continue;
      const index = Number(/"index":(\d+)/.exec(line)?.[1]);
      const alone = marks.filter(
        (mark) => mark.alone && mark.items[0]?.first === index && mark.items.at(-1)?.last === index,
      );
      if (alone.length >= CONVICTING_LOSSES) continue;
      world.problem(
        `R4: ${process.name} convicted item ${index} of ${job}, which stood alone in ${alone.length} losses`,
      );
    }
  }
}

type Put = Extract<ServiceCall, { operation: 's3.put' }>;

function codeOf(body: Buffer): string {
  const { error } = JSON.parse(body.toString()) as { readonly error?: { readonly code?: string } };
  return error?.code ?? 'none';
}

export const attemptsOf = (world: World, job: string, batch: number): number =>
  world.bucket.keys(attemptPrefix(job, batch)).length;
