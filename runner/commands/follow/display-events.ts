/** What happened, as display events: which of it is worth a person's look, and how much. Pure. */
import type { WorkerEvent } from '../../../core/contract/events.js';
import { isBalancing } from '../../../core/batch/hand-back.js';
import { definedFields } from '../../../core/defined-fields.js';
import type { ControllerEvent } from '../../controller/report.js';
import type { Level, RunEvent } from '../../display/events.js';
import type { LedgerChange } from '../../status/instance-ledger.js';

type Happened = Extract<RunEvent, { event: 'happened' }>;

/** Absent ones are for the logs: they come with every batch, or the numbers show them. */
const WORKER_LEVELS: Partial<Record<WorkerEvent['code'], Level>> = {
  'worker-started': 'good',
  'worker-ended': 'info',
  'batch-duplicate': 'info',
  'batch-handed-back': 'info',
  'message-discarded': 'warning',
  'lease-lost': 'warning',
  attempt: 'warning',
  'batch-given-up': 'warning',
  'model-slow': 'warning',
  'slot-rebuilt': 'warning',
  'slot-shape': 'info',
  'slot-hint': 'warning',
  unable: 'warning',
  outdated: 'warning',
  notice: 'warning',
  trouble: 'warning',
};

export function workerNews(event: WorkerEvent): Happened | undefined {
  const level = WORKER_LEVELS[event.code];
  if (level === undefined) return undefined;
  // What is only tried out is for the logs.
  if (event.code === 'slot-shape' && !event.settled) return undefined;
  // Nothing came of it but a look; `status` counts them.
  if (event.code === 'batch-handed-back' && isBalancing(event.reason)) return undefined;
  return {
    event: 'happened',
    level,
    code: event.code,
    message: names(event.message, event.instance) ? event.message : `${event.instance}: ${event.message}`,
    at: event.at,
    instance: event.instance,
    ...definedFields({ batch: event.batch }),
  };
}

const TOLD_ONCE: ReadonlySet<WorkerEvent['code']> = new Set(['slot-shape', 'slot-hint', 'model-slow']);

/** The instances of a fleet come to the same shape, hear the same hint and wait for the same model: a person once (`status` has all of them). */
export class RepeatedNews {
  readonly #told = new Set<string>();

  isNews(event: WorkerEvent): boolean {
    if (!TOLD_ONCE.has(event.code)) return true;
    // What was measured differs a little.
    const said = event.code === 'slot-hint' ? event.message.replace(/\d+\.\d+/g, '') : '';
    const shape = event.code === 'slot-shape' ? [event.settled, event.slots, event.concurrency] : [];
    const key = JSON.stringify([event.job, event.code, said, ...shape]);
    if (this.#told.has(key)) return false;
    this.#told.add(key);
    return true;
  }
}

/** As a word of its own: paths hold it as well. */
const names = (message: string, instance: string): boolean =>
  message.split(/[\s(]/).some((word) => word.replace(/[.,:;)]+$/, '') === instance);

const CONTROLLER_LEVELS: Record<ControllerEvent['code'], Level> = {
  'target-raised': 'info',
  'target-lowered': 'info',
  'exits-granted': 'info',
  'job-complete': 'good',
  'job-ended-badly': 'warning',
  'job-failed': 'warning',
  'batches-sent-again': 'warning',
  'raise-refused': 'warning',
  'switch-not-armed': 'warning',
  'switch-left': 'warning',
  'fleet-gone': 'warning',
  'fleet-replaced': 'warning',
  'torn-down': 'warning',
  'instance-overdue': 'warning',
  shortage: 'warning',
  'object-damaged': 'warning',
  'job-trouble': 'warning',
};

export function controllerNews({ at, code, message }: ControllerEvent): Happened {
  return { event: 'happened', level: CONTROLLER_LEVELS[code], code, message, at };
}

/** A launch shows as pending, an orderly end as the worker's own word; what AWS takes nobody else tells of. */
export function ledgerNews(
  { kind, entry }: LedgerChange,
  hadNotice: (instance: string) => boolean,
  atMs: number,
): Happened | undefined {
  if (kind !== 'reclaimed') return undefined;
  const noticed = hadNotice(entry.instance);
  const place = `${entry.instanceType}, ${entry.zone}`;
  return {
    event: 'happened',
    level: 'warning',
    code: noticed ? 'reclaimed-with-notice' : 'reclaimed-without-notice',
    message: noticed
      ? `AWS took ${entry.instance} (${place}), as its notice said. The fleet replaces it while work is left.`
      : `AWS took ${entry.instance} (${place}) without notice. Its batches come back when their leases end.`,
    at: new Date(atMs).toISOString(),
    instance: entry.instance,
  };
}
