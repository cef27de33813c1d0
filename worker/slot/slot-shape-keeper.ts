/**
 * Keeps the shape of each job on this worker: the number of slots, and of slices at once in each. It measures the
 * slots, carries out what core/batch/slot-shape.ts decides, and reports every change.
 *
 * Invariants:
 * - A model is measured once. Jobs that run the same model in the same way share the shape.
 * - Measuring goes on only while something is computed, and stops once the shape is known.
 */
import { definedFields } from '../../core/defined-fields.js';
import type { NewWorkerEvent } from '../../core/contract/events.js';
import type { ShapeStatus } from '../../core/contract/fleet-state.js';
import type { Manifest } from '../../core/contract/job.js';
import { MOST_SLOTS, type SlotShape } from '../../core/contract/slot-shape.js';
import { hintFor, isEnoughForHint, THREADS, threadsHint } from '../../core/batch/shape-hint.js';
import {
  couldNotLoad,
  firstShape,
  isEnough,
  isSettled,
  itemsToSkip,
  memoryIsFree,
  outOfMemory,
  reshape,
  type ShapeBounds,
  type Shaping,
  shapeText,
  type ShapeWindow,
} from '../../core/batch/slot-shape.js';
import type { BatchComputation, Slot, BatchWork } from './slot.js';
import type { Gpus } from '../gpu/gpus.js';
import type { Clock, EventSink } from '../ports.js';
import { ShapeMeter } from './shape-meter.js';

/** The looks are frequent enough to settle within seconds, and each costs a few milliseconds. */
const LOOK_EVERY_MS = 250;
/** Between batches there may be nothing to compute for a moment. */
const IDLE_LOOKS = 4;
/** The limit over a worker's whole life. Models beyond it are measured again. */
const MAX_KEPT_MODELS = 256;

export interface SlotShapeKeeperOptions {
  readonly clock: Clock;
  readonly events: EventSink;
  readonly cpus: number;
  /** The memory that all slots together may use. */
  readonly memoryBytes: number;
  readonly gpus?: Pick<Gpus, 'bounds' | 'look'> | undefined;
  /** The number of slots, other than this one, that have loaded the model or load it. */
  readonly otherSlots: (slot: Slot, modelKey: string) => number;
  /** It is called when a job may want another number of slots. */
  readonly onShape: () => void;
  readonly signal: AbortSignal;
}

export class SlotShapeKeeper {
  readonly #shapeOfJob = new Map<string, JobShape>();
  readonly #shapeOfModel = new Map<string, JobShape>();
  /** How many slots may load a model, by its key: those of which one could not load it. */
  readonly #limits = new Map<string, number>();
  #newest: JobShape | undefined;

  readonly #options: SlotShapeKeeperOptions;

  constructor(options: SlotShapeKeeperOptions) {
    this.#options = options;
  }

  get limits(): ReadonlyMap<string, number> {
    return this.#limits;
  }

  /** Prepares the shape of a job of which a batch is about to be computed. */
  enter(manifest: Manifest): void {
    const { job } = manifest;
    const key = shapeKey(manifest);
    const known = this.#shapeOfModel.get(key) ?? new JobShape(this.#options, manifest);
    known.job = job;
    keep(this.#shapeOfModel, key, known);
    keep(this.#shapeOfJob, job, known);
    this.#newest = known;
    this.#options.onShape();
  }

  /** The number of slots that the most demanding job wants. */
  slotsFor(held: Iterable<{ readonly message: { readonly job: string } }>): number {
    return Math.max(1, ...Array.from(held, ({ message }) => this.#shapeOfJob.get(message.job)?.shape.slots ?? 1));
  }

  /** How many items of different batches a slot works on at once, in the job from which the last batch came. */
  get lanes(): number {
    return this.#newest?.lanes ?? 1;
  }

  /** The shape of the job from which the last batch came. */
  get status(): ShapeStatus | undefined {
    return this.#newest?.status;
  }

  /** Computes a batch on the slot with its job's concurrency, and measures the slot meanwhile. */
  async compute(slot: Slot, work: BatchWork): Promise<BatchComputation> {
    const shape = this.#shapeOfJob.get(work.job);
    if (shape === undefined) return slot.compute(work);
    let began = false;
    try {
      const result = await slot.compute({
        ...work,
        onStart: () => {
          began = true;
          shape.began(slot);
          work.onStart?.();
        },
        concurrency: () => shape.shape.concurrency,
        onEvent: (event) => {
          work.onEvent(event);
          if (event.kind === 'rebuilt' && event.reason === 'memory') shape.ranOutOfMemory(work.batch);
        },
      });
      return result.kind === 'unable' ? this.#judgeUnable(shape, slot, work, result) : result;
    } finally {
      if (began) shape.ended(slot, work.batch);
    }
  }

  #judgeUnable(shape: JobShape, slot: Slot, work: BatchWork, result: Unable): BatchComputation {
    const { modelKey } = work.model;
    const others = this.#options.otherSlots(slot, modelKey);
    const limit = shape.stepBack(others, result.message);
    if (limit === undefined) return result;
    keep(this.#limits, modelKey, limit);
    this.#options.onShape();
    return { kind: 'stepped-back' };
  }
}

type Unable = Extract<BatchComputation, { kind: 'unable' }>;

class JobShape {
  job: string;
  readonly #bounds: ShapeBounds;
  readonly #meter: ShapeMeter;
  /** The user has chosen the number of slots, and may want a hint about it. */
  readonly #chosen: boolean;
  readonly #isPython: boolean;
  readonly #isOfObjects: boolean;
  #shaping: Shaping;
  #hint: string | undefined;
  #known = false;
  #measuring = false;
  #aloneBatch: number | undefined;
  #steppedBack = false;

  readonly #options: SlotShapeKeeperOptions;

  constructor(options: SlotShapeKeeperOptions, manifest: Manifest) {
    this.#options = options;
    const { cpus, memoryBytes } = options;
    const { concurrency } = manifest.options;
    const gpus = options.gpus?.bounds;
    const slots = chosenSlots(manifest, cpus, gpus?.count);
    this.job = manifest.job;
    this.#meter = new ShapeMeter(gpus === undefined ? undefined : options.gpus);
    // Advice about cores is of no use where GPUs do the work.
    this.#chosen = slots !== undefined && gpus === undefined;
    this.#isPython = manifest.model.start.kind === 'python';
    this.#isOfObjects = manifest.dataset.kind === 'objects';
    this.#bounds = {
      cpus,
      memoryBytes,
      ...definedFields({ gpus, slots }),
      ...(concurrency === 'auto' ? {} : { concurrency }),
    };
    const first = firstShape(this.#bounds);
    this.#shaping =
      slots === undefined || concurrency === 'auto'
        ? first
        : { ...first, phase: 'settled', reason: `${shapeText(first.shape, gpus)}, as asked for` };
  }

  get shape(): SlotShape {
    return this.#shaping.shape;
  }

  /** Batches of objects do not share a slot, because their files end with them. */
  get lanes(): number {
    return this.#isOfObjects ? 1 : this.shape.concurrency;
  }

  get status(): ShapeStatus {
    const { job } = this;
    const shaping = this.#shaping;
    const hint = this.#hint;
    const shown = { job, ...shaping.shape, settled: isSettled(shaping), reason: shaping.reason };
    return hint === undefined ? shown : { ...shown, hint };
  }

  began(slot: Slot): void {
    this.#meter.began(slot);
    if (this.#known || this.#measuring) return;
    this.#measuring = true;
    void this.#measure().finally(() => {
      this.#measuring = false;
    });
  }

  ended(slot: Slot, batch: number): void {
    this.#meter.ended(slot);
    if (this.#aloneBatch !== batch) return;
    this.#aloneBatch = undefined;
    this.#become(memoryIsFree(this.#shaping));
  }

  ranOutOfMemory(batch: number): void {
    const next = outOfMemory(this.#shaping, this.#bounds);
    if (next === this.#shaping) return;
    this.#aloneBatch = batch;
    this.#known = true;
    this.#become(next);
  }

  /**
   * Takes a step back after a slot could not load the model. Returns how many slots may have it from now on; undefined
   * when the instance cannot use the model.
   */
  stepBack(others: number, why: string): number | undefined {
    if (others === 0) {
      // Slots that loaded the model at the same time may have taken what each lacked. One more try has all for itself.
      const mayTryAlone = this.#steppedBack;
      this.#steppedBack = false;
      return mayTryAlone ? 1 : undefined;
    }
    this.#steppedBack = true;
    const before = this.shape.slots;
    this.#become(couldNotLoad(this.#shaping, others, why, this.#bounds));
    this.#known ||= isSettled(this.#shaping);
    return this.shape.slots < before ? this.shape.slots : others;
  }

  async #measure(): Promise<void> {
    const { clock, signal } = this.#options;
    this.#meter.goOn();
    for (let idle = 0; idle < IDLE_LOOKS && !this.#known; idle = this.#meter.isBusy ? 0 : idle + 1) {
      await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.#meter.look(clock.nowMs());
      this.#judge();
    }
  }

  #judge(): void {
    const bounds = this.#bounds;
    const meter = this.#meter;
    const shaping = this.#shaping;
    const { window } = meter;
    if (isSettled(shaping)) {
      // The shape is settled. The only question left is whether the user gets a hint.
      if (window.busyMs > 0 && window.cpuMs === undefined) this.#known = true;
      else if (isEnoughForHint(window)) this.#conclude();
      return;
    }
    if (!isEnough(shaping, window)) return;
    const next = reshape(shaping, window, bounds);
    if (isSettled(next)) this.#conclude(next.shape);
    meter.startAnew(itemsToSkip(next));
    this.#become(next);
  }

  #conclude(shape: SlotShape = this.shape): void {
    this.#known = true;
    const { window } = this.#meter;
    this.#hint = window.cpuMs === undefined ? undefined : this.#hintFor(shape, window);
    if (this.#hint !== undefined) this.#report({ code: 'slot-hint', message: this.#hint });
  }

  #hintFor(shape: SlotShape, window: ShapeWindow): string | undefined {
    // A model that waits for its GPU needs no threads.
    if (this.#bounds.gpus !== undefined) return undefined;
    if (!this.#chosen) return this.#isPython ? threadsHint(shape, window, this.#bounds) : undefined;
    return hintFor(shape, window, {
      cpus: this.#bounds.cpus,
      ...definedFields({ ways: this.#isPython ? THREADS : undefined }),
    });
  }

  #become(next: Shaping): void {
    const before = this.#shaping;
    if (next === before) return;
    this.#shaping = next;
    const { slots, concurrency } = next.shape;
    const changed = slots !== before.shape.slots || concurrency !== before.shape.concurrency;
    if (changed || isSettled(next)) {
      this.#report({ code: 'slot-shape', slots, concurrency, settled: isSettled(next), message: `${next.reason}.` });
    }
    if (changed) this.#options.onShape();
  }

  #report(event: NewWorkerEvent): void {
    this.#options.events.emit({ ...event, job: this.job });
  }
}

/** The number of slots that the user chose; undefined for `auto`. */
function chosenSlots({ options }: Manifest, cpus: number, gpus: number | undefined): number | undefined {
  const { slots, slotsPerGpu } = options;
  if (slots === 'cpus') return cpus;
  if (slots !== 'auto') return Math.min(slots, MOST_SLOTS);
  return gpus === undefined || slotsPerGpu === undefined ? undefined : Math.min(gpus * slotsPerGpu, MOST_SLOTS);
}

/** Returns equal keys for jobs whose slots behave alike. */
function shapeKey({ model, options }: Manifest): string {
  const { slots, slotsPerGpu, concurrency, env, secrets } = options;
  return JSON.stringify([
    model.digest,
    model.start,
    model.setup,
    model.weights?.digest,
    slots,
    slotsPerGpu,
    concurrency,
    env,
    secrets,
  ]);
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= MAX_KEPT_MODELS) return;
    map.delete(oldest);
  }
}
