/** Groups the shapes in which workers run a job: slots, slices at once, and the reason that the workers report. */
import type { WorkerEvent } from '../../core/contract/events.js';
import { definedFields } from '../../core/defined-fields.js';
import type { ShapeStatus } from '../../core/contract/fleet-state.js';
import type { JobState } from '../../core/contract/job.js';
import { shapeText } from '../../core/batch/slot-shape.js';

export interface ShapeView extends Omit<ShapeStatus, 'job'> {
  /** The number of workers with this shape. The reason is that of one of them. */
  readonly workers: number;
}

/** Returns the groups, the most common first. `state` is the job's. */
export function groupShapes(shapes: Iterable<Omit<ShapeStatus, 'job'>>, state: JobState): readonly ShapeView[] {
  const groups = new Map<string, ShapeView>();
  for (const shape of shapes) {
    const { slots, concurrency, settled, hint } = shape;
    const reason = reasonOf(shape, state);
    const key = JSON.stringify([slots, concurrency, settled, hint !== undefined]);
    const workers = (groups.get(key)?.workers ?? 0) + 1;
    groups.set(key, { slots, concurrency, settled, workers, reason, ...definedFields({ hint }) });
  }
  return [...groups.values()].sort((a, b) => b.workers - a.workers);
}

/** When the job is over, no shape is on trial any more, whatever its workers reported last. */
function reasonOf({ slots, concurrency, settled, reason }: Omit<ShapeStatus, 'job'>, state: JobState): string {
  if (settled || state === 'running' || state === 'submitting') return reason;
  return `${shapeText({ slots, concurrency })}: not settled when the job ended`;
}

/** The last report of each worker, by instance; it includes workers that have ended. */
export type ReportedShapes = Readonly<Record<string, Omit<ShapeStatus, 'job'>>>;

export function addShape(reported: ReportedShapes, event: WorkerEvent): ReportedShapes {
  if (event.code !== 'slot-shape') return reported;
  const { instance, slots, concurrency, settled, message } = event;
  return { ...reported, [instance]: { slots, concurrency, settled, reason: message.replace(/\.$/, '') } };
}
