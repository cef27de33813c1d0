/** Gives advice to a user who has chosen slots and slices, once the model has been measured with them. */
import type { SlotShape } from '../contract/slot-shape.js';
import { coresText, ownCores, shapeText, type ShapeBounds, type ShapeWindow } from './slot-shape.js';

/** Below this share of the cores, twice as many slots would fit. */
const HALF_IDLE = 0.5;
/** Above this share of the cores, slots wait for each other. */
const TOO_MANY = 1.5;
const WAITS = 0.3;
const FULL = 0.7;
/** This is longer than the window of `auto`, because a hint is given once and can wait. */
const LEAST_BUSY_MS = 2_000;

export const isEnoughForHint = ({ busyMs, cpuMs }: ShapeWindow): boolean =>
  busyMs >= LEAST_BUSY_MS && cpuMs !== undefined;

/** Returns a sentence, or undefined when the choice is good. `ways` says how a model comes to compute several slices at once. */
export function hintFor(
  shape: SlotShape,
  window: ShapeWindow,
  { cpus, ways }: Pick<ShapeBounds, 'cpus'> & { readonly ways?: string },
): string | undefined {
  const cores = (window.cpuMs ?? 0) / Math.max(1, window.busyMs);
  const used = cores * shape.slots;
  const chosen = shapeText(shape);
  if (cores >= FULL && used > cpus * TOO_MANY) {
    return `${chosen} on ${vcpus(cpus)} wait for each other: the model uses ${coresText(cores)}, so that ${fitting(cores, cpus)} would be enough (--slots auto).`;
  }
  if (cores >= FULL && used <= cpus * HALF_IDLE) {
    const idle = Math.floor(cpus - used);
    return `${chosen} leaves ${idle} of ${vcpus(cpus)} idle: the model uses ${coresText(cores)}, so that there is room for ${fitting(cores, cpus)} (--slots auto).`;
  }
  if (cores <= WAITS && shape.concurrency === 1 && used <= cpus * HALF_IDLE) {
    return `${chosen} with one slice at a time mostly waits: the model uses ${coresText(cores)}. Several slices at once may be faster (--concurrency auto, --slots auto).${ways === undefined ? '' : ` ${ways}`}`;
  }
  return undefined;
}

/**
 * Returns a sentence about a Python model that waits and therefore got more slots than there are cores, or undefined.
 * Threads would do the same in one process.
 */
export function threadsHint(
  shape: SlotShape,
  window: ShapeWindow,
  { cpus }: Pick<ShapeBounds, 'cpus'>,
): string | undefined {
  const cores = (window.cpuMs ?? 0) / Math.max(1, window.busyMs);
  if (cores > WAITS || shape.concurrency > 1 || shape.slots <= cpus) return undefined;
  return `${shapeText(shape)} on ${vcpus(cpus)}, because the Python model waits (it uses ${coresText(cores)}). Each is a process with all its memory. ${THREADS}`;
}

export const THREADS =
  'If predict may be called from several threads, the line threads = 32 in the model lets one process compute several slices at once.';

const vcpus = (cpus: number): string => (cpus === 1 ? '1 vCPU' : `${cpus} vCPUs`);

function fitting(cores: number, cpus: number): string {
  const slots = Math.max(1, Math.round(cpus / ownCores(cores)));
  return slots === 1 ? '1 slot' : `${slots} slots`;
}
