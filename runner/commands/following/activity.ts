/** What happened, as display events: which of it is worth a person's look, and how much. Pure. */
import type { WorkerEvent } from '../../../core/events.js';
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
  'slot-rebuilt': 'warning',
  'slot-shape': 'info',
  'slot-hint': 'warning',
  unable: 'warning',
  outdated: 'warning',
  notice: 'warning',
  trouble: 'warning',
};

export function ofWorker(event: WorkerEvent): Happened | undefined {
  const level = WORKER_LEVELS[event.code];
  if (level === undefined) return undefined;
  // What is only tried out is for the logs.
  if (event.code === 'slot-shape' && !event.settled) return undefined;
  return {
    event: 'happened',
    level,
    code: event.code,
    message: names(event.message, event.instance) ? event.message : `${event.instance}: ${event.message}`,
    at: event.at,
    instance: event.instance,
    ...(event.batch === undefined ? {} : { batch: event.batch }),
  };
}

/** As a word of its own: paths hold it as well. */
const names = (message: string, instance: string): boolean =>
  message.split(/[\s(]/).some((word) => word.replace(/[.,:;)]+$/, '') === instance);

const CONTROLLER_LEVELS: Record<ControllerEvent['code'], Level> = {
  'target-raised': 'info',
  'target-lowered': 'info',
  'exits-granted': 'info',
  'job-complete': 'good',
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
};

export function ofController({ at, code, message }: ControllerEvent): Happened {
  return { event: 'happened', level: CONTROLLER_LEVELS[code], code, message, at };
}

/** A launch shows as pending, an orderly end as the worker's own word; what AWS takes nobody else tells of. */
export function ofLedger(
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
