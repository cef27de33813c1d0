/**
 * Decides how many slots a worker has, and how many slices each works on at once, when the user leaves it to spotpool (`auto`). It goes by measurements
 * of the first batches: each window of them gives the next shape, with its reason.
 *
 * A model that fills its cores gets as many slots as fit on the cores. A model that waits gets more slices at once, as long as that pays. If its process
 * computes them one after another all the same, it gets more slots.
 *
 * Invariants:
 * - The user's own numbers stay, except for slots that cannot load the model; slots never exceed the limits of cores and memory.
 * - It settles after at most `MOST_WINDOWS` windows and changes no more, except for memory: when a slot runs out of its share, its batch gets all the
 *   memory, and from then on there are at most half as many slots. When one more slot cannot load the model, there are as many as have loaded it.
 * - A step that does not pay is taken back and not tried again.
 */
import {
  evenly,
  type GpuBounds,
  type GpuSeen,
  gpuSeenOf,
  gpuUseText,
  type GpuWindow,
  inGpuMemory,
  isGpuFull,
  LEAST_GPU_READINGS,
  onGpus,
  slotsText,
} from './gpu-shape.js';
import { definedFields } from '../defined-fields.js';
import { MOST_CONCURRENCY, MOST_SLOTS, type SlotShape } from '../contract/slot-shape.js';

export interface ShapeBounds {
  readonly cpus: number;
  /** The memory for all slots together. */
  readonly memoryBytes: number;
  /** Undefined where there are no GPUs. */
  readonly gpus?: GpuBounds;
  /** The number that the user chose; undefined for `auto`. The same holds for `concurrency`. */
  readonly slots?: number;
  readonly concurrency?: number;
}

/** The measurements of all slots together, in a time in which none was being loaded. */
export interface ShapeWindow {
  /** The length of the window; the other times are sums over the slots. */
  readonly wallMs: number;
  /** The time in which a slot had a batch. */
  readonly busyMs: number;
  /** The time on a core, or waiting for a core that others used; undefined where that cannot be measured. */
  readonly cpuMs: number | undefined;
  readonly items: number;
  /** The busy time in which the items were answered: from the last answer before the window to the last one in it. */
  readonly answeringMs: number;
  /** The largest resident memory of one slot. */
  readonly slotMemoryBytes: number;
  /** Undefined where there are no GPUs. */
  readonly gpu?: GpuWindow;
}

type Phase = 'measuring' | 'filling' | 'more-slices' | 'more-slots' | 'alone' | 'settled';

interface Seen {
  readonly shape: SlotShape;
  /** Items per second of one slot while it has a batch. */
  readonly slotPace: number;
  /** The throughput of all slots, idle gaps included, so slots the queue cannot feed show no gain. */
  readonly itemsPerSecond: number;
  /** The number of cores that one slot keeps busy. */
  readonly cores: number;
  /** The GPUs are busy: no shape can be faster. */
  readonly isGpuFull: boolean;
}

export interface Shaping {
  readonly shape: SlotShape;
  readonly phase: Phase;
  /** The shape and its reason, for people. */
  readonly reason: string;
  readonly windows: number;
  /** The measurements that the step on trial has to beat. */
  readonly base?: Seen;
  readonly first?: Seen;
  readonly slotMemoryBytes: number;
  /** The GPU use of one slot; undefined until it was measured. */
  readonly gpu?: GpuSeen;
  /** It falls after a slot ran out of memory, or could not load the model. */
  readonly mostSlots: number;
}

/** A slot that keeps this much of a core busy gains nothing from more slices at once. */
const FULL = 0.7;
/** With more slots beside it, which share caches and memory bandwidth, this much still counts as full. */
const STILL_FULL = 0.5;
/** A model of one thread may use a little more than a core, because its runtime collects garbage and compiles on other cores. */
const ONE_THREAD = 1.3;
/** A step pays when it gives at least this part of its possible gain. */
const PAYS = 0.3;
const MORE_SLICES = 4;
/** Slots grow by this factor; the factor is small because each slot is a process that must be loaded. */
const MORE_SLOTS = 2;
/** Models that wait and cannot overlap their slices get up to this many slots per CPU; each is a process with all its memory. */
const MOST_SLOTS_PER_CPU = 32;
/** Models grow after their first batches. */
const MEMORY_HEADROOM = 1.25;
/** Shorter windows are not exact: the clock of processes ticks every 10 ms. */
const LEAST_BUSY_MS = 1_000;
const LEAST_BUSY_SLOTS = 8;
/** Each slice must have had so many turns, so that items in flight at the ends of a window are few. */
const LEAST_TURNS = 4;
/** A driver that does not answer does not keep the shape open for ever. */
const GPU_PATIENCE_MS = 60_000;
/** Three steps lead to 64 slices and nine to the most slots; the rest is for steps that are taken back. */
export const MOST_WINDOWS = 16;

export function firstShape(bounds: ShapeBounds): Shaping {
  const shape = { slots: bounds.slots ?? bounds.gpus?.count ?? 1, concurrency: bounds.concurrency ?? 1 };
  const reason = `${shapeText(shape, bounds.gpus)}: the model is being measured`;
  return { shape, phase: 'measuring', reason, windows: 0, slotMemoryBytes: 0, mostSlots: MOST_SLOTS };
}

export const isSettled = ({ phase }: Shaping): boolean => phase === 'settled' || phase === 'alone';

/** Returns how many items to skip: those that were in flight when the shape changed do not measure the new shape. */
export function itemsToSkip({ phase, shape }: Shaping): number {
  return phase === 'more-slices' || phase === 'more-slots' ? shape.slots * shape.concurrency : 0;
}

/** Tells whether the window has measured enough for the next decision. */
export function isEnough({ phase, shape }: Shaping, window: ShapeWindow): boolean {
  if (window.busyMs < LEAST_BUSY_MS * Math.min(shape.slots, LEAST_BUSY_SLOTS)) return false;
  if (window.gpu !== undefined && window.gpu.readings < LEAST_GPU_READINGS) return window.wallMs >= GPU_PATIENCE_MS;
  if (window.cpuMs === undefined) return true;
  // A model that fills a core is recognised without an answer, however long an item takes.
  if (phase === 'measuring' && coresOf(window) >= FULL) return true;
  if (phase === 'filling') return true;
  return window.items >= LEAST_TURNS * shape.slots * shape.concurrency;
}

/** Returns the next shape, after a window that has measured enough. */
export function reshape(before: Shaping, window: ShapeWindow, bounds: ShapeBounds): Shaping {
  if (isSettled(before)) return before;
  const slotMemoryBytes = Math.max(before.slotMemoryBytes, window.slotMemoryBytes);
  const gpu = window.gpu && bounds.gpus && gpuSeenOf(window.gpu, before.shape.slots, bounds.gpus);
  const now: Shaping = { ...before, windows: before.windows + 1, slotMemoryBytes, ...definedFields({ gpu }) };
  if (window.cpuMs === undefined) return settle(now, bounds, UNMEASURED);
  const seen = seenOf(now.shape, window);
  const moved = step({ ...now, first: now.first ?? seen }, seen, bounds);
  return moved.windows >= MOST_WINDOWS && !isSettled(moved) ? settle(moved, bounds, seen) : moved;
}

/** Reacts to a slot that used more than its share of the memory: its batch must not fail for that. */
export function outOfMemory(before: Shaping, bounds: ShapeBounds): Shaping {
  if (bounds.slots !== undefined || before.shape.slots === 1) return before;
  const reason = `1 slot: one of ${before.shape.slots} ran out of its share of the memory, and its batch gets all of it`;
  const mostSlots = Math.max(1, Math.floor(before.shape.slots / 2));
  return { ...before, phase: 'alone', shape: { ...before.shape, slots: 1 }, reason, mostSlots };
}

/** Ends the time in which one batch had all the memory. */
export function memoryIsFree(before: Shaping): Shaping {
  if (before.phase !== 'alone') return before;
  const shape = { ...before.shape, slots: before.mostSlots };
  return { ...before, phase: 'settled', shape, reason: `${shapeText(shape)}: with more, one ran out of memory` };
}

/**
 * Reacts to a slot that could not load the model although `others` have loaded it, or still load it: the step to that
 * slot is taken back, also when the user chose the number of slots.
 */
export function couldNotLoad(before: Shaping, others: number, why: string, { gpus }: ShapeBounds): Shaping {
  // Other jobs have given the worker more slots than this one asked for.
  if (others >= before.shape.slots) return isSettled(before) ? before : { ...before, mostSlots: others };
  const { base, ...rest } = before;
  const slots = base === undefined ? others : Math.min(others, base.shape.slots);
  const shape = { ...before.shape, slots };
  const reason = `${shapeText(shape, gpus)}, because one more could not load the model: ${why.replace(/\.$/, '')}`;
  return { ...rest, phase: 'settled', shape, reason, mostSlots: slots };
}

function step(now: Shaping, seen: Seen, bounds: ShapeBounds): Shaping {
  if (seen.isGpuFull) {
    const best = pays(now, seen) ? seen : (now.base ?? seen);
    return settle({ ...now, shape: best.shape }, bounds, best);
  }
  switch (now.phase) {
    case 'measuring':
      return seen.cores >= FULL ? fill(now, seen, bounds) : tryMoreSlices(now, seen, bounds);
    case 'filling':
      return seen.cores >= STILL_FULL ? settle(now, bounds, seen) : tryMoreSlices(now, seen, bounds);
    case 'more-slices':
      if (!pays(now, seen)) return tryMoreSlots({ ...now, shape: (now.base ?? seen).shape }, now.base ?? seen, bounds);
      return seen.cores >= FULL ? fill(now, seen, bounds) : tryMoreSlices(now, seen, bounds);
    case 'more-slots':
      if (!pays(now, seen)) return settle({ ...now, shape: (now.base ?? seen).shape }, bounds, now.base ?? seen);
      return tryMoreSlots(now, seen, bounds);
    case 'alone':
    case 'settled':
      return now;
  }
}

/** The slot fills its cores: choose as many slots as leave no core idle. */
function fill(now: Shaping, seen: Seen, bounds: ShapeBounds): Shaping {
  const byCores = Math.round(bounds.cpus / ownCores(seen.cores));
  const slots = withinBounds(now, bounds, Math.max(byCores, bounds.gpus?.count ?? 1));
  if (slots === now.shape.slots) return settle(now, bounds, seen);
  const shape = { ...now.shape, slots };
  return { ...now, phase: 'filling', shape, base: seen, reason: becauseOf(shape, now, seen, bounds) };
}

function tryMoreSlices(now: Shaping, seen: Seen, bounds: ShapeBounds): Shaping {
  const concurrency = bounds.concurrency ?? Math.min(MOST_CONCURRENCY, now.shape.concurrency * MORE_SLICES);
  if (concurrency <= now.shape.concurrency) return tryMoreSlots(now, seen, bounds);
  const shape = { ...now.shape, concurrency };
  const reason = `${shapeText(shape, bounds.gpus)}, to see whether that is faster: ${waitsText(now, seen, bounds)}`;
  return { ...now, phase: 'more-slices', shape, base: seen, reason };
}

function tryMoreSlots(now: Shaping, seen: Seen, bounds: ShapeBounds): Shaping {
  const enough = Math.ceil(bounds.cpus / Math.max(seen.cores, 1 / MOST_SLOTS_PER_CPU));
  const slots = withinBounds(now, bounds, Math.min(now.shape.slots * MORE_SLOTS, enough));
  if (slots <= now.shape.slots) return settle(now, bounds, seen);
  const shape = { ...now.shape, slots };
  const reason = `${shapeText(shape, bounds.gpus)}, to see whether that is faster: ${waitsText(now, seen, bounds)}`;
  return { ...now, phase: 'more-slots', shape, base: seen, reason };
}

function pays({ base, phase }: Shaping, seen: Seen): boolean {
  if (base === undefined) return true;
  const could = (seen.shape.slots * seen.shape.concurrency) / (base.shape.slots * base.shape.concurrency);
  // A process that fills its core cannot gain more.
  const most = seen.cores >= FULL ? Math.max(1, Math.min(could, seen.cores / base.cores)) : could;
  const gain = phase === 'more-slots' ? seen.itemsPerSecond / base.itemsPerSecond : seen.slotPace / base.slotPace;
  return gain >= 1 + PAYS * (most - 1);
}

function settle(now: Shaping, bounds: ShapeBounds, seen: Seen | typeof UNMEASURED): Shaping {
  const slots = withinBounds(now, bounds, now.shape.slots);
  const shape = { ...now.shape, slots };
  const { base: _base, ...rest } = now;
  const reason =
    seen === UNMEASURED
      ? `${shapeText(shape, bounds.gpus)}: how busy the model keeps its cores could not be measured here; --slots and --concurrency say how many`
      : becauseOf(shape, now, seen, bounds);
  return { ...rest, phase: 'settled', shape, reason };
}

const UNMEASURED = 'unmeasured';

function withinBounds(now: Shaping, bounds: ShapeBounds, wanted: number): number {
  if (bounds.slots !== undefined) return Math.min(bounds.slots, now.mostSlots);
  const { cpus, gpus } = bounds;
  const most = Math.min(MOST_SLOTS, now.mostSlots, MOST_SLOTS_PER_CPU * cpus, inMemory(now, bounds));
  const slots = Math.max(1, Math.min(wanted, Math.floor(most)));
  return gpus === undefined ? slots : evenly(Math.min(slots, onGpus(now.gpu, gpus)), gpus);
}

function inMemory({ slotMemoryBytes }: Shaping, { memoryBytes }: ShapeBounds): number {
  return slotMemoryBytes === 0 ? MOST_SLOTS : Math.floor(memoryBytes / (slotMemoryBytes * MEMORY_HEADROOM));
}

function becauseOf(shape: SlotShape, now: Shaping, seen: Seen, bounds: ShapeBounds): string {
  const { gpus } = bounds;
  const uses = `the model uses ${coresText(seen.cores)}, and the instance has ${bounds.cpus}`;
  const gain = seen.itemsPerSecond / (now.first?.itemsPerSecond ?? seen.itemsPerSecond);
  const faster =
    gain >= 1.5 && now.phase !== 'filling' ? `; that is ${gain.toFixed(1)} times as fast as one at a time` : '';
  const isChosen = bounds.slots !== undefined;
  const full = !isChosen && shape.slots >= inMemory(now, bounds) ? '; memory has room for no more' : '';
  const waits = seen.cores < FULL ? `the model waits (it uses ${coresText(seen.cores)})` : uses;
  if (gpus === undefined || now.gpu === undefined) return `${shapeText(shape, gpus)}: ${waits}${faster}${full}`;
  const onGpu = gpuUseText(now.gpu, gpus);
  if (seen.isGpuFull) return `${shapeText(shape, gpus)}; ${onGpu}${faster}`;
  const gpuFull = !isChosen && shape.slots >= inGpuMemory(now.gpu, gpus) ? '; its memory has room for no more' : '';
  return `${shapeText(shape, gpus)}; ${onGpu}${gpuFull}; ${waits}${faster}${full}`;
}

function waitsText(now: Shaping, seen: Seen, { gpus }: ShapeBounds): string {
  const onGpu = gpus === undefined || now.gpu === undefined ? '' : ` and ${gpuUseText(now.gpu, gpus)}`;
  return `the model waits (it uses ${coresText(seen.cores)})${onGpu}`;
}

/** Returns how many cores one slot takes, by which the number of slots is chosen. */
export const ownCores = (cores: number): number => (cores <= ONE_THREAD ? 1 : cores);

const coresOf = ({ cpuMs = 0, busyMs }: ShapeWindow): number => (busyMs > 0 ? cpuMs / busyMs : 0);

function seenOf(shape: SlotShape, window: ShapeWindow): Seen {
  const slotPace = (window.items * 1_000) / Math.max(1, window.answeringMs);
  const itemsPerSecond = (slotPace * window.busyMs) / Math.max(1, window.wallMs);
  const isFull = window.gpu !== undefined && isGpuFull(window.gpu);
  return { shape, slotPace, itemsPerSecond, cores: coresOf(window), isGpuFull: isFull };
}

/** Returns a text such as "0.97 of a core" or "3.9 cores". */
export const coresText = (cores: number): string =>
  cores < 1.1 ? `${cores.toFixed(2)} of a core` : `${cores.toFixed(1)} cores`;

/** Returns a text such as "1 slot", "8 slots with 4 slices at once each" or "1 slot on each of 8 GPUs". */
export function shapeText({ slots, concurrency }: SlotShape, gpus?: GpuBounds): string {
  const text = slotsText(slots, gpus);
  if (concurrency === 1) return text;
  return `${text} with ${concurrency} slices at once${slots === 1 ? '' : ' each'}`;
}
