/** Turns events of workers, controller and instances into events of the display, and chooses those that a person should see. */
import type { WorkerEvent, WorkerEventCode } from '../../core/contract/events.js';
import { isBalancing } from '../../core/batch/hand-back.js';
import { addToRanges, countOf, formatRanges, type Ranges } from '../../core/dataset/ranges.js';
import { definedFields } from '../../core/defined-fields.js';
import type { ControllerEvent } from '../controller/report.js';
import type { Level, RunEvent } from '../display/events.js';
import type { LedgerChange } from '../status/instance-ledger.js';

type Happened = Extract<RunEvent, { event: 'happened' }>;

/** Only `logs` shows the events without a level: they come with every batch, or the numbers show them. */
const WORKER_LEVELS: Readonly<Record<WorkerEventCode, Level | undefined>> = {
  'model-phase': undefined,
  'model-ready': undefined,
  'model-log': undefined,
  'model-event': 'warning',
  'batch-committed': undefined,
  'batch-dropped': undefined,
  'worker-started': 'good',
  'worker-ended': 'info',
  'batch-duplicate': 'info',
  'batch-handed-back': 'info',
  'message-discarded': 'warning',
  'lease-lost': 'warning',
  attempt: 'warning',
  'batch-given-up': 'warning',
  'losses-seen': 'warning',
  'batch-isolated': 'warning',
  'item-given-up': 'warning',
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
  // A shape that is only tried out is for the logs.
  if (event.code === 'slot-shape' && !event.settled) return undefined;
  // Such a hand-back cost nothing but a request.
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

type LossesSeen = Extract<WorkerEvent, { code: 'losses-seen' }>;

/**
 * Turns the events of workers into news, in their order. A worker that died has marked every batch in its slots, and each is reported when it comes
 * back: a person sees one line with their number.
 */
export class WorkerNews {
  #losses: LossesSeen[] = [];

  /** Returns the news up to this event. Losses wait for those that may follow. */
  push(event: WorkerEvent): readonly Happened[] {
    if (event.code === 'losses-seen') {
      this.#losses.push(event);
      return [];
    }
    const shown = workerNews(event);
    return shown === undefined ? [] : [...this.rest(), shown];
  }

  /** Returns the news of the losses that still wait. */
  rest(): readonly Happened[] {
    const losses = this.#losses;
    this.#losses = [];
    const last = losses.at(-1);
    if (last === undefined) return [];
    const batches = losses.reduce<Ranges>((ranges, { batch }) => addToRanges(ranges, [batch ?? 0]), []);
    const shown = workerNews(last);
    if (shown === undefined || countOf(batches) === 1) return shown === undefined ? [] : [shown];
    const { batch: _, instance: __, ...common } = shown;
    const message =
      `Workers died while ${countOf(batches)} batches were in their slots (${formatRanges(batches)}). The batches are computed again. ` +
      'One that meets more such deaths is computed alone, to find the item.';
    return [{ ...common, message }];
  }
}

const SHOWN_ONCE: ReadonlySet<WorkerEventCode> = new Set(['slot-shape', 'slot-hint', 'model-slow', 'model-event']);

const SHOWN_BY_TEXT: ReadonlySet<WorkerEventCode> = new Set(['slot-hint', 'model-event']);

/** All instances of a fleet report the same shape, hint or slow model. A person sees each once; `status` shows all of them. */
export class RepeatedNews {
  readonly #shown = new Set<string>();

  isNews(event: WorkerEvent): boolean {
    if (!SHOWN_ONCE.has(event.code)) return true;
    // Measured numbers differ a little between instances.
    const said = SHOWN_BY_TEXT.has(event.code) ? event.message.replace(/\d+\.\d+/g, '') : '';
    const shape = event.code === 'slot-shape' ? [event.settled, event.slots, event.concurrency] : [];
    const key = JSON.stringify([event.job, event.code, said, ...shape]);
    if (this.#shown.has(key)) return false;
    this.#shown.add(key);
    return true;
  }
}

/** Looks for the instance as a word of its own, because paths contain it, too. */
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
  'instances-cut-off': 'warning',
  shortage: 'warning',
  'worker-silent': 'warning',
  'object-damaged': 'warning',
  'job-trouble': 'warning',
  'end-posted': 'info',
  'end-not-posted': 'warning',
  'post-given-up': 'warning',
};

export function controllerNews({ at, code, message }: ControllerEvent): Happened {
  return { event: 'happened', level: CONTROLLER_LEVELS[code], code, message, at };
}

/** Shows only reclaims. A launch shows as a pending instance, and a worker reports its own orderly end. */
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
