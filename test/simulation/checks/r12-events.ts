/**
 * R12: nothing is silent. What a worker does to a batch is followed by its event within a while: a hand-back, an attempt, an outcome, a lost lease. At the end the
 * events are in the bucket.
 */
import type { NewWorkerEvent, WorkerEventCode } from '../../../core/contract/events.js';
import { jobEventsPrefix } from '../../../core/contract/keys.js';
import { decodeOutcomeMetadata } from '../../../core/contract/result-line.js';
import type { Observer, ServiceCall } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';
import type { Calm } from './calm.js';
import type { HeldLeases } from './held-leases.js';
import { batchOfKey } from './job-facts.js';

/** Replies that are lost are asked for again for a while. */
const WITHIN_MS = 180_000;
/** Events are written within half a minute in the largest pools. */
const WRITTEN_WITHIN_MS = 90_000;
/** These are looked for in the bucket at the end. */
const KEPT: ReadonlySet<WorkerEventCode> = new Set<WorkerEventCode>([
  'attempt',
  'batch-committed',
  'batch-handed-back',
]);
const LOOK_EVERY = 256;

const HANDED_BACK = 'handed back';
/** The reply to a put may be lost in an outage. Then the worker does not know of its own act, and says how it gave the batch away. */
const UNKNOWING = ['lease-lost', 'batch-handed-back', 'batch-duplicate'] as const;

interface Owed {
  readonly process: SimulatedProcess;
  readonly job: string;
  readonly batch: number;
  readonly codes: readonly WorkerEventCode[];
  readonly what: string;
  readonly sinceMs: number;
}

type HandedBack = Extract<NewWorkerEvent, { readonly code: 'batch-handed-back' }>;

export class Events implements Observer {
  readonly #leases: HeldLeases;
  readonly #calm: Calm;
  readonly #lines = new Map<string, ReadonlySet<string>>();
  readonly #emitted: { process: SimulatedProcess; code: string; job: string; at: string; atMs: number }[] = [];
  #owed: Owed[] = [];
  #calls = 0;
  /** The jobs whose models each worker cannot use. */
  readonly #unable = new Map<SimulatedProcess, Set<string>>();
  readonly #ended = new Set<SimulatedProcess>();

  constructor(leases: HeldLeases, calm: Calm) {
    this.#leases = leases;
    this.#calm = calm;
  }

  onCall(call: ServiceCall, world: World): void {
    this.#calls += 1;
    if (this.#calls % LOOK_EVERY === 0) this.#check(world);
    if (call.operation === 'sqs.change-visibility') {
      for (const [n, { receiptHandle, visibilityTimeoutSeconds }] of call.changes.entries()) {
        const message = this.#leases.of(receiptHandle)?.message;
        if (message === undefined || visibilityTimeoutSeconds !== 0 || call.results[n] !== 'ok') continue;
        this.#owe(call, { ...message, codes: ['batch-handed-back', 'outdated', 'lease-lost'], what: HANDED_BACK });
      }
    }
    if (call.operation !== 's3.put' || call.result.kind !== 'written') return;
    const attempt = batchOfKey(call.key, 'attempts');
    if (attempt !== undefined)
      this.#owe(call, { ...attempt, codes: ['attempt', ...UNKNOWING], what: 'counted an attempt at' });
    const outcome = batchOfKey(call.key, 'results');
    if (outcome === undefined) return;
    const isGivenUp = decodeOutcomeMetadata(call.options.metadata ?? {})?.givenUp === true;
    if (isGivenUp) this.#owe(call, { ...outcome, codes: ['batch-given-up'], what: 'gave up' });
    else this.#owe(call, { ...outcome, codes: ['batch-committed', 'attempt', ...UNKNOWING], what: 'committed' });
  }

  onWorkerEvent(process: SimulatedProcess, event: NewWorkerEvent, world: World): void {
    // An event says which batch and instance it is about, and says it in words.
    if (event.message.trim() === '') world.problem(`R12: ${process.name} reports ${event.code} without a sentence`);
    if (event.code === 'worker-ended') {
      this.#check(world);
      this.#ended.add(process);
    }
    if (event.code === 'unable' && event.job !== undefined) {
      this.#unable.set(process, (this.#unable.get(process) ?? new Set()).add(event.job));
    }
    if (event.job === undefined || event.batch === undefined) return;
    if (event.code === 'batch-handed-back') this.#checkClaim(process, event, world);
    if (KEPT.has(event.code)) {
      const at = `${event.code} ${event.batch}`;
      this.#emitted.push({ process, code: event.code, job: event.job, at, atMs: world.clock.nowMs });
    }
    const owed = this.#owed.filter(
      (one) => one.process === process && one.job === event.job && one.batch === event.batch,
    );
    // A worker may hold two messages of a batch. The event belongs to the act that it names first of all.
    const paid =
      owed.find(({ codes: [own] }) => own === event.code) ?? owed.find(({ codes }) => codes.includes(event.code));
    if (paid !== undefined) this.#owed.splice(this.#owed.indexOf(paid), 1);
  }

  /** An event claims only what has happened. A batch that is hidden for as long as a lease looks as if it were beaten. */
  #checkClaim(process: SimulatedProcess, event: HandedBack, world: World): void {
    if (event.reason !== 'interruption' && event.reason !== 'draining' && event.reason !== 'waiting') return;
    if (event.message.includes('SQS did not accept it')) return;
    const leases = this.#leases
      .allOf(process)
      .filter(({ message }) => message?.job === event.job && message?.batch === event.batch);
    if (leases.some(({ handedBackAtMs, lostAtMs }) => handedBackAtMs !== undefined || lostAtMs !== undefined)) return;
    world.problem(`R12: ${process.name} says that it handed batch ${event.batch} of ${event.job} back, and it did not`);
  }

  onEnd(world: World): void {
    this.#check(world);
    for (const { process, code, job, at, atMs } of this.#emitted) {
      const { endedAtMs = world.clock.nowMs } = world.fleet.instances.find(({ id }) => id === process.name) ?? {};
      if (endedAtMs - atMs < WRITTEN_WITHIN_MS) continue;
      if (!this.#calm.isUndisturbed(process, world, world.clock.nowMs - atMs + WRITTEN_WITHIN_MS)) continue;
      if (!this.#linesOf(`${jobEventsPrefix(job)}${process.name}/`, world).has(at)) {
        world.problem(`R12: the event ${code} of ${process.name} about ${job} is not in the bucket`);
      }
    }
  }

  /** Every line of event files below the prefix, without its time. */
  #linesOf(prefix: string, world: World): ReadonlySet<string> {
    const known = this.#lines.get(prefix);
    if (known !== undefined) return known;
    const lines = new Set<string>();
    for (const key of world.bucket.keys(prefix)) {
      for (const line of (world.bucket.text(key) ?? '').split('\n')) {
        const code = /"code":"([^"]+)"/.exec(line)?.[1];
        const batch = /"batch":(\d+)/.exec(line)?.[1];
        lines.add(`${code} ${batch}`);
      }
    }
    this.#lines.set(prefix, lines);
    return lines;
  }

  #owe({ atMs, process }: ServiceCall, owed: Omit<Owed, 'process' | 'sinceMs'>): void {
    if (process.kind === 'worker') this.#owed.push({ ...owed, process, sinceMs: atMs });
  }

  #check(world: World): void {
    const { nowMs } = world.clock;
    this.#owed = this.#owed.filter(({ process, sinceMs, what, batch, job }) => {
      if (process.isDead || this.#ended.has(process)) return false;
      // A worker that cannot use a model says once that it leaves the job's batches to others.
      if (what === HANDED_BACK && this.#unable.get(process)?.has(job) === true) return false;
      const isDue = nowMs - Math.max(sinceMs, process.frozenUntilMs, process.cutOffUntilMs) > WITHIN_MS;
      if (isDue) world.problem(`R12: ${process.name} ${what} batch ${batch} of ${job}, and no event says so`);
      return !isDue;
    });
  }
}
