/**
 * GPUs add limits to the decision about a worker's shape (slot-shape.ts): slots start at one a GPU, and a further slot on
 * each GPU is only tried if the GPU's memory and use leave room for it.
 */

export interface GpuBounds {
  readonly count: number;
  /** The memory of the smallest GPU. */
  readonly memoryBytes: number;
}

/** The measurements of the GPUs that the job's slots had in a window. */
export interface GpuWindow {
  /** The number of readings in the window; there is one every few seconds. */
  readonly readings: number;
  /** The mean share of the time in which a GPU was busy, from 0 to 1; undefined where the driver does not tell it. */
  readonly use: number | undefined;
  /** The most GPU memory for each slot that had the model. */
  readonly slotMemoryBytes: number;
}

/** The GPU use of one slot. */
export interface GpuSeen {
  /** The share of one GPU that one slot keeps busy; undefined where it was not measured. */
  readonly use: number | undefined;
  readonly slotMemoryBytes: number;
}

/** One reading is of the time before the shape, and one may be of a moment without work. */
export const LEAST_GPU_READINGS = 2;
/** A GPU that is busy for this share of the time gains nothing from another slot. */
const FULL = 0.7;
/** Below this use, and this memory, the model does not use the GPU. */
const UNUSED = 0.02;
const UNUSED_BYTES = 64 * 1024 * 1024;
/** Models grow after their first batches. */
const MEMORY_HEADROOM = 1.25;

export function gpuSeenOf({ use, slotMemoryBytes }: GpuWindow, slots: number, { count }: GpuBounds): GpuSeen {
  const slotsOfAGpu = Math.max(1, slots / count);
  return { use: use === undefined ? undefined : use / slotsOfAGpu, slotMemoryBytes };
}

/** Whether the GPUs are the limit, so that nothing else is worth trying. */
export const isGpuFull = ({ use }: GpuWindow): boolean => use !== undefined && use >= FULL;

const isUnused = ({ use = 0, slotMemoryBytes }: GpuSeen): boolean => use < UNUSED && slotMemoryBytes < UNUSED_BYTES;

/** The most slots that fit into the memory of all GPUs, at least one on each. */
export function inGpuMemory(seen: GpuSeen | undefined, { count, memoryBytes }: GpuBounds): number {
  if (seen === undefined) return count;
  if (isUnused(seen)) return Infinity;
  return count * Math.max(1, Math.floor(memoryBytes / (Math.max(1, seen.slotMemoryBytes) * MEMORY_HEADROOM)));
}

/** The most slots that fit on all GPUs, by their memory and by their use. */
export function onGpus(seen: GpuSeen | undefined, bounds: GpuBounds): number {
  const use = seen?.use ?? 0;
  const byUse = use < UNUSED ? Infinity : bounds.count * Math.max(1, Math.round(1 / use));
  return Math.min(byUse, inGpuMemory(seen, bounds));
}

/** Rounds down to as many slots on each GPU. */
export const evenly = (slots: number, { count }: GpuBounds): number =>
  slots < count ? slots : Math.floor(slots / count) * count;

/** Returns a text such as "1 slot on each of 8 GPUs". */
export function slotsText(slots: number, gpus: GpuBounds | undefined): string {
  const text = slots === 1 ? '1 slot' : `${slots} slots`;
  if (gpus === undefined) return text;
  const { count } = gpus;
  if (count === 1) return `${text} on the GPU`;
  if (slots % count !== 0) return `${text} on ${count} GPUs`;
  return `${slots === count ? '1 slot' : `${slots / count} slots`} on each of ${count} GPUs`;
}

/** Returns a text such as "the model uses 9.1 of 24 GB and 97 % of a GPU". */
export function gpuUseText(seen: GpuSeen, { memoryBytes }: GpuBounds): string {
  if (isUnused(seen)) return 'the model does not use the GPU';
  const memory = `${(seen.slotMemoryBytes / 1e9).toFixed(1)} of ${(memoryBytes / 1e9).toFixed(0)} GB`;
  if (seen.use === undefined) return `the model uses ${memory} of a GPU`;
  return `the model uses ${memory} and ${(seen.use * 100).toFixed(0)} % of a GPU`;
}
