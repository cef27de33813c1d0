/**
 * How many slots a worker has, and how many slices each works on at once, when the user leaves it to us (`auto`): from what the first batches
 * show. Pure: window after window of measurements goes in, the shape to go on with comes out, with its reason.
 *
 * A model that fills its cores gets a slot for each core that one slot leaves. One that waits gets more slices at once, as long as
 * that pays; if its process takes one after another all the same, it gets more slots.
 *
 * Invariants:
 * - What the user has fixed stays; slots never pass what cores and memory allow.
 * - It settles after at most `MOST_WINDOWS` windows, and moves no more, but for memory: a slot that ran out of its share gets all of it for
 *   that batch, and from then on there are at most half as many slots.
 * - A step that does not pay is taken back, and not tried again.
 */
import { MOST_CONCURRENCY, MOST_SLOTS, type SlotShape } from '../contract/slot-shape.js';

export interface ShapeBounds {
  readonly cpus: number;
  /** For all slots together. */
  readonly memoryBytes: number;
  /** What the user has fixed. */
  readonly slots?: number;
  readonly concurrency?: number;
}

/** What the slots did, summed over them, while none was being loaded. */
export interface ShapeWindow {
  /** How long it was; the other times are those of the slots together. */
  readonly wallMs: number;
  /** With something to do. */
  readonly busyMs: number;
  /** Time on a core, or waiting for one that others had; undefined where that cannot be measured. */
  readonly cpuMs: number | undefined;
  readonly items: number;
  /** Busy time in which those were answered: from the last answer before the window to the last one in it. */
  readonly answeringMs: number;
  /** The most that one slot had resident. */
  readonly slotMemoryBytes: number;
}

type Phase = 'measuring' | 'filling' | 'more-slices' | 'more-slots' | 'alone' | 'settled';

interface Seen {
  readonly shape: SlotShape;
  /** Of one slot, while it has something to do. */
  readonly slotPace: number;
  /** Of all slots, with what they wait for batches: more than can be fed give nothing. */
  readonly itemsPerSecond: number;
  /** Cores that one slot keeps busy. */
  readonly cores: number;
}

export interface Shaping {
  readonly shape: SlotShape;
  readonly phase: Phase;
  /** For people: the shape, and why. */
  readonly reason: string;
  readonly windows: number;
  /** What the step that is being tried has to beat. */
  readonly base?: Seen;
  readonly first?: Seen;
  readonly slotMemoryBytes: number;
  /** After a slot ran out of memory. */
  readonly mostSlots: number;
}

/** A slot that keeps so much of a core busy has nothing to gain from more slices at once. */
const FULL = 0.7;
/** And is still seen as full with more slots beside it, which share caches and memory's bandwidth. */
const STILL_FULL = 0.5;
/** A model of one thread may show a little more than a core: its runtime collects garbage and compiles beside it, where there is room. */
const ONE_THREAD = 1.3;
/** A step pays when it gives at least this part of what it could give. */
const PAYS = 0.3;
const MORE_SLICES = 4;
/** Each is a process that has to be loaded. */
const MORE_SLOTS = 2;
/** For models that wait without a way to overlap: each slot is a process with all its memory. */
const MOST_SLOTS_PER_CPU = 32;
/** Models grow after their first batches. */
const MEMORY_HEADROOM = 1.25;
/** The clock of processes ticks each 10 ms. */
const LEAST_BUSY_MS = 1_000;
const LEAST_BUSY_SLOTS = 8;
/** So often each slice's turn has come: items in flight at the ends of a window are few then. */
const LEAST_TURNS = 4;
/** Three steps to 64 slices and nine to the most slots, with some to look back; then it is enough. */
export const MOST_WINDOWS = 16;

export function firstShape(bounds: ShapeBounds): Shaping {
  const shape = { slots: bounds.slots ?? 1, concurrency: bounds.concurrency ?? 1 };
  const reason = `${shapeText(shape)}: the model is being measured`;
  return { shape, phase: 'measuring', reason, windows: 0, slotMemoryBytes: 0, mostSlots: MOST_SLOTS };
}

export const isSettled = ({ phase }: Shaping): boolean => phase === 'settled' || phase === 'alone';

/** Items that were under way when the shape changed tell nothing of it. */
export function itemsToSkip({ phase, shape }: Shaping): number {
  return phase === 'more-slices' || phase === 'more-slots' ? shape.slots * shape.concurrency : 0;
}

/** Does the window tell enough to go on from? */
export function isEnough({ phase, shape }: Shaping, window: ShapeWindow): boolean {
  if (window.busyMs < LEAST_BUSY_MS * Math.min(shape.slots, LEAST_BUSY_SLOTS)) return false;
  if (window.cpuMs === undefined) return true;
  // However long an item is: what fills a core is known without waiting for its answer.
  if (phase === 'measuring' && coresOf(window) >= FULL) return true;
  if (phase === 'filling') return true;
  return window.items >= LEAST_TURNS * shape.slots * shape.concurrency;
}

/** The next shape, after a window that is enough. */
export function reshape(before: Shaping, window: ShapeWindow, bounds: ShapeBounds): Shaping {
  if (isSettled(before)) return before;
  const slotMemoryBytes = Math.max(before.slotMemoryBytes, window.slotMemoryBytes);
  const now: Shaping = { ...before, windows: before.windows + 1, slotMemoryBytes };
  if (window.cpuMs === undefined) return settle(now, bounds, UNMEASURED);
  const seen = seenOf(now.shape, window);
  const moved = step({ ...now, first: now.first ?? seen }, seen, bounds);
  return moved.windows >= MOST_WINDOWS && !isSettled(moved) ? settle(moved, bounds, seen) : moved;
}

/** A slot has used more than its share of the memory: its batch is not to fail for that. */
export function outOfMemory(before: Shaping, bounds: ShapeBounds): Shaping {
  if (bounds.slots !== undefined || before.shape.slots === 1) return before;
  const reason = `1 slot: one of ${before.shape.slots} ran out of its share of the memory, and its batch gets all of it`;
  const mostSlots = Math.max(1, Math.floor(before.shape.slots / 2));
  return { ...before, phase: 'alone', shape: { ...before.shape, slots: 1 }, reason, mostSlots };
}

/** That batch has ended. */
export function memoryIsFree(before: Shaping): Shaping {
  if (before.phase !== 'alone') return before;
  const shape = { ...before.shape, slots: before.mostSlots };
  return { ...before, phase: 'settled', shape, reason: `${shapeText(shape)}: with more, one ran out of memory` };
}

function step(now: Shaping, seen: Seen, bounds: ShapeBounds): Shaping {
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

/** The slot has its core, or its cores: as many slots as leave none idle. */
function fill(now: Shaping, seen: Seen, bounds: ShapeBounds): Shaping {
  const slots = withinBounds(now, bounds, Math.round(bounds.cpus / ownCores(seen.cores)));
  if (slots === now.shape.slots) return settle(now, bounds, seen);
  const shape = { ...now.shape, slots };
  return { ...now, phase: 'filling', shape, base: seen, reason: becauseOf(shape, now, seen, bounds) };
}

function tryMoreSlices(now: Shaping, seen: Seen, bounds: ShapeBounds): Shaping {
  const concurrency = bounds.concurrency ?? Math.min(MOST_CONCURRENCY, now.shape.concurrency * MORE_SLICES);
  if (concurrency <= now.shape.concurrency) return tryMoreSlots(now, seen, bounds);
  const shape = { ...now.shape, concurrency };
  const reason = `${shapeText(shape)}, to see whether that is faster: the model waits (it uses ${coresText(seen.cores)})`;
  return { ...now, phase: 'more-slices', shape, base: seen, reason };
}

function tryMoreSlots(now: Shaping, seen: Seen, bounds: ShapeBounds): Shaping {
  const enough = Math.ceil(bounds.cpus / Math.max(seen.cores, 1 / MOST_SLOTS_PER_CPU));
  const slots = withinBounds(now, bounds, Math.min(now.shape.slots * MORE_SLOTS, enough));
  if (slots <= now.shape.slots) return settle(now, bounds, seen);
  const shape = { ...now.shape, slots };
  const reason = `${shapeText(shape)}, to see whether that is faster: the model waits (it uses ${coresText(seen.cores)})`;
  return { ...now, phase: 'more-slots', shape, base: seen, reason };
}

function pays({ base, phase }: Shaping, seen: Seen): boolean {
  if (base === undefined) return true;
  const could = (seen.shape.slots * seen.shape.concurrency) / (base.shape.slots * base.shape.concurrency);
  // A process that has filled its core has given what it could.
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
      ? `${shapeText(shape)}: how busy the model keeps its cores could not be measured here; --slots and --concurrency say how many`
      : becauseOf(shape, now, seen, bounds);
  return { ...rest, phase: 'settled', shape, reason };
}

const UNMEASURED = 'unmeasured';

function withinBounds(now: Shaping, bounds: ShapeBounds, wanted: number): number {
  if (bounds.slots !== undefined) return bounds.slots;
  const most = Math.min(MOST_SLOTS, now.mostSlots, MOST_SLOTS_PER_CPU * bounds.cpus, inMemory(now, bounds));
  return Math.max(1, Math.min(wanted, Math.floor(most)));
}

function inMemory({ slotMemoryBytes }: Shaping, { memoryBytes }: ShapeBounds): number {
  return slotMemoryBytes === 0 ? MOST_SLOTS : Math.floor(memoryBytes / (slotMemoryBytes * MEMORY_HEADROOM));
}

function becauseOf(shape: SlotShape, now: Shaping, seen: Seen, bounds: ShapeBounds): string {
  const uses = `the model uses ${coresText(seen.cores)}, and the instance has ${bounds.cpus}`;
  const gain = seen.itemsPerSecond / (now.first?.itemsPerSecond ?? seen.itemsPerSecond);
  const faster =
    gain >= 1.5 && now.phase !== 'filling' ? `; that is ${gain.toFixed(1)} times as fast as one at a time` : '';
  const full =
    bounds.slots === undefined && shape.slots >= inMemory(now, bounds) ? '; memory has room for no more' : '';
  const waits = seen.cores < FULL ? `the model waits (it uses ${coresText(seen.cores)})` : uses;
  return `${shapeText(shape)}: ${waits}${faster}${full}`;
}

/** What a slot's number goes by. */
export const ownCores = (cores: number): number => (cores <= ONE_THREAD ? 1 : cores);

const coresOf = ({ cpuMs = 0, busyMs }: ShapeWindow): number => (busyMs > 0 ? cpuMs / busyMs : 0);

function seenOf(shape: SlotShape, window: ShapeWindow): Seen {
  const slotPace = (window.items * 1_000) / Math.max(1, window.answeringMs);
  const itemsPerSecond = (slotPace * window.busyMs) / Math.max(1, window.wallMs);
  return { shape, slotPace, itemsPerSecond, cores: coresOf(window) };
}

/** "0.97 of a core", "3.9 cores". */
export const coresText = (cores: number): string =>
  cores < 1.1 ? `${cores.toFixed(2)} of a core` : `${cores.toFixed(1)} cores`;

/** "1 slot", "8 slots with 4 slices at once each". */
export function shapeText({ slots, concurrency }: SlotShape): string {
  const text = slots === 1 ? '1 slot' : `${slots} slots`;
  if (concurrency === 1) return text;
  return `${text} with ${concurrency} slices at once${slots === 1 ? '' : ' each'}`;
}
