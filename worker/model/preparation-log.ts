/**
 * Keeps what this worker does to get models ready: an event for each step that is done (R12), and the present step for
 * the worker's status. It passes every event of the worker on, because the events of slots end the last step, the load.
 */
import type { ModelPhase, NewWorkerEvent } from '../../core/contract/events.js';
import type { PhaseTime, PreparedStatus, PreparingStatus } from '../../core/contract/fleet-state.js';
import { definedFields } from '../../core/defined-fields.js';
import type { Clock, EventSink } from '../ports.js';
import type { PhaseReport } from './step.js';

interface Preparation {
  preparing: PreparingStatus | undefined;
  readonly phases: PhaseTime[];
}

export interface PreparationView {
  readonly preparing?: PreparingStatus;
  readonly prepared?: PreparedStatus;
}

/** A status shows one job. The steps of more jobs than this are never under way together. */
const MOST_JOBS = 32;

/** Each of these events of a job says that its model is no longer waited for. */
const ENDS_THE_LOAD: ReadonlySet<NewWorkerEvent['code']> = new Set([
  'unable',
  'batch-committed',
  'batch-dropped',
  'batch-handed-back',
]);

export class PreparationLog implements EventSink {
  readonly #jobs = new Map<string, Preparation>();
  #lastJob: string | undefined;
  /** The time until the worker was up; undefined once it was reported. */
  #bootMs: number | undefined;

  readonly #events: EventSink;
  readonly #clock: Pick<Clock, 'nowMs'>;

  constructor(events: EventSink, clock: Pick<Clock, 'nowMs'>) {
    this.#events = events;
    this.#clock = clock;
  }

  /** The first model's phases begin with the start of the worker. */
  booted(bootMs: number): void {
    this.#bootMs = bootMs;
  }

  emit(event: NewWorkerEvent): void {
    this.#events.emit(event);
    const preparation = event.job === undefined ? undefined : this.#jobs.get(event.job);
    if (preparation === undefined) return;
    if (event.code === 'model-ready') {
      // Further slots load the same model while the first one works.
      const isFirst = preparation.phases.every(({ phase }) => phase !== 'load');
      if (isFirst) preparation.phases.push({ phase: 'load', ms: event.loadMs });
      this.#endLoad(preparation);
    }
    if (ENDS_THE_LOAD.has(event.code)) this.#endLoad(preparation);
  }

  reportOf(job: string, model: string): PhaseReport {
    return {
      doing: (phase, doing) => {
        const preparation = this.#enter(job, model);
        const { preparing } = preparation;
        const since = preparing?.phase === phase ? preparing.since : new Date(this.#clock.nowMs()).toISOString();
        preparation.preparing = { job, phase, doing, since };
      },
      done: (time) => {
        this.#enter(job, model).phases.push(time);
        this.#emitPhase(job, model, time);
      },
    };
  }

  /** The steps are over. A model that was prepared just now is loaded next. */
  ended(job: string, model: string, isReady: boolean): void {
    const preparation = this.#jobs.get(job);
    if (preparation?.preparing === undefined) return;
    preparation.preparing = undefined;
    if (isReady) this.reportOf(job, model).doing('load', `waiting for a slot to load ${model}`);
  }

  get view(): PreparationView {
    const underWay = [...this.#jobs.values()].map(({ preparing }) => preparing).filter((one) => one !== undefined);
    const first = underWay.sort((a, b) => (a.since < b.since ? -1 : 1))[0];
    const job = this.#lastJob;
    const phases = job === undefined ? [] : (this.#jobs.get(job)?.phases ?? []);
    const prepared = job === undefined || phases.length === 0 ? undefined : { job, phases: [...phases] };
    return definedFields({ preparing: first, prepared });
  }

  #enter(job: string, model: string): Preparation {
    const known = this.#jobs.get(job);
    if (known !== undefined) return known;
    const preparation: Preparation = { preparing: undefined, phases: [] };
    this.#jobs.set(job, preparation);
    this.#lastJob = job;
    if (this.#jobs.size > MOST_JOBS) this.#jobs.delete(this.#jobs.keys().next().value ?? '');
    if (this.#bootMs !== undefined) {
      const boot = { phase: 'boot', ms: this.#bootMs } as const;
      this.#bootMs = undefined;
      preparation.phases.push(boot);
      this.#emitPhase(job, model, boot);
    }
    return preparation;
  }

  #endLoad(preparation: Preparation): void {
    if (preparation.preparing?.phase === 'load') preparation.preparing = undefined;
  }

  #emitPhase(job: string, model: string, { phase, ms, bytes }: PhaseTime): void {
    if (phase === 'load') return;
    const size = bytes === undefined ? '' : ` (${megabytes(bytes)})`;
    const message = `${SENTENCES[phase](model, size)} ${(ms / 1000).toFixed(1)} s.`;
    this.#events.emit({ code: 'model-phase', job, model, phase, ms, message, ...definedFields({ bytes }) });
  }
}

type Sentence = (model: string, size: string) => string;

const SENTENCES: Readonly<Record<Exclude<ModelPhase, 'load'>, Sentence>> = {
  boot: () => 'The start of the worker took',
  fetch: (model, size) => `Fetching the model ${model}${size} took`,
  environment: (model, size) => `Making the Python environment of ${model}${size} took`,
  weights: (model, size) => `Fetching the weights of ${model}${size} took`,
  setup: (model) => `Running the setup command of ${model} took`,
};

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
