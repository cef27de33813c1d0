/** Everything that is outside the simulated processes: the services, the clock, the faults that are under way, and who watches. */
import type { Act, Observer, OpenCall, Service } from '../calls.js';
import { VirtualClock } from '../clock.js';
import type { SimulatedProcess } from '../process.js';
import { Random } from '../random.js';
import type { Settings } from '../settings.js';
import { SimulatedFleet, type SimulatedInstance } from './fleet.js';
import { SimulatedS3 } from './s3.js';
import { SimulatedSqs } from './sqs.js';
import { SimulatedSwitch } from './switch.js';
import type { SimulatedJob } from '../jobs.js';

/** `silent`: nobody answers. `refused`: the service answers with an error. */
export type Loss = 'silent' | 'refused';

/** The share of requests that are lost in an outage. */
const OUTAGE_SHARE = 0.9;
const SECOND_MS = 1_000;
const MOST_PROBLEMS = 20;

export interface WorldOptions {
  readonly seed: number;
  readonly settings: Settings;
  readonly observers: readonly Observer[];
  readonly boot: (world: World, instance: SimulatedInstance) => void;
}

export class World {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly settings: Settings;
  readonly bucket: SimulatedS3;
  readonly queue: SimulatedSqs;
  readonly fleet: SimulatedFleet;
  readonly deadMan: SimulatedSwitch;
  readonly jobs: SimulatedJob[] = [];
  readonly controllers = new Set<SimulatedProcess>();
  /** The commands that submit or cancel, and have not ended. */
  readonly submits = new Set<SimulatedProcess>();
  /** False once the faults have stopped: then every service answers, and counters and describe calls are right. */
  isNoisy = true;
  /** Nothing more is to be started. */
  isOver = false;
  /** The number of commands so far, which names the next one. */
  commands = 0;
  readonly problems: string[] = [];
  /** How often each thing happened. */
  readonly counts = new Map<string, number>();
  /** The time until which each service is out, and how. */
  readonly outages = new Map<Service, { readonly untilMs: number; readonly loss: Loss }>();
  readonly #observers: readonly Observer[];

  constructor({ seed, settings, observers, boot }: WorldOptions) {
    this.random = new Random(seed);
    this.settings = settings;
    this.#observers = observers;
    this.bucket = new SimulatedS3(this);
    this.queue = new SimulatedSqs(this);
    this.fleet = new SimulatedFleet(this, (instance) => boot(this, instance));
    this.deadMan = new SimulatedSwitch(this);
    this.#keepServices();
  }

  get elapsedMs(): number {
    return this.clock.nowMs - this.clock.startMs;
  }

  did(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** A rule was broken. The run goes on, so that all of a seed's problems are seen. */
  problem(text: string): void {
    if (this.problems.length < MOST_PROBLEMS)
      this.problems.push(`${(this.elapsedMs / SECOND_MS).toFixed(3)} s: ${text}`);
  }

  tell(process: SimulatedProcess, act: Act, askedAtMs: number): void {
    if (this.#observers.length === 0) return;
    const call = { ...act, askedAtMs, atMs: this.clock.nowMs, process };
    for (const observer of this.#observers) observer.onCall?.(call, this);
  }

  callBegan(call: OpenCall): void {
    for (const observer of this.#observers) observer.onCallBegan?.(call, this);
  }

  callSettled(call: OpenCall): void {
    for (const observer of this.#observers) observer.onCallSettled?.(call, this);
  }

  tellEvent: (process: SimulatedProcess, event: Parameters<NonNullable<Observer['onWorkerEvent']>>[1]) => void = (
    process,
    event,
  ) => {
    for (const observer of this.#observers) observer.onWorkerEvent?.(process, event, this);
  };

  answered(process: SimulatedProcess, job: string, index: number): void {
    for (const observer of this.#observers) observer.onAnswered?.(process, { job, index }, this);
  }

  passFailed(process: SimulatedProcess, error: unknown): void {
    this.did('pass-failed');
    for (const observer of this.#observers) observer.onPassFailed?.(process, error, this);
  }

  fault(name: string): void {
    this.did(name);
    for (const observer of this.#observers) observer.onFault?.(name, this);
  }

  end(): void {
    this.isOver = true;
    for (const observer of this.#observers) observer.onEnd?.(this);
  }

  /** Whether a request or a reply between the process and the service is lost. */
  lossOf(service: Service, process: SimulatedProcess): Loss | undefined {
    if (!this.isNoisy) return undefined;
    const { nowMs } = this.clock;
    if (process.cutOffUntilMs > nowMs) return 'silent';
    const outage = this.outages.get(service);
    if (outage !== undefined && outage.untilMs > nowMs && process.random.chance(OUTAGE_SHARE)) return outage.loss;
    const { lossShare } = this.settings;
    if (lossShare === 0 || !process.random.chance(lossShare)) return undefined;
    return process.random.chance(0.1) ? 'silent' : 'refused';
  }

  #keepServices(): void {
    this.clock.after(SECOND_MS, undefined, () => {
      this.deadMan.keep();
      this.fleet.keep();
      this.queue.remember();
      if (!this.isOver) this.#keepServices();
    });
  }
}
