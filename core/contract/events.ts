/**
 * The events that workers report (R12), with their codec. Each event is one JSON line under `jobs/<job>/events/<instance>/`, or under
 * `fleet/instances/<id>/events/` when it concerns no job. `message` is a sentence that a person can act on; the other fields are for programs.
 */
import { type ErrorExample, errorExamples } from './error-example.js';
import type { UnablePhase } from './job.js';
import { jobId } from './job-id.js';
import { instanceId, isCode } from './names.js';
import {
  check,
  count,
  type Fields,
  flag,
  integer,
  linesOfWords,
  number,
  object,
  oneOf,
  optional,
  parseJson,
  type Shape,
  text,
  time,
  words,
} from './shape.js';

interface EventBase {
  readonly at: string;
  readonly instance: string;
  readonly message: string;
  readonly job?: string;
  readonly batch?: number;
  readonly lease?: string;
}

/** AWS takes the instance in two minutes (interruption), or may take it soon (rebalance). */
export type NoticeKind = 'interruption' | 'rebalance';

export type HandBackReason =
  | 'interruption'
  | 'draining'
  | 'twelve-hours'
  | 'unable'
  | 'attempt'
  | 'worker-failed'
  | 'outdated'
  | 'waiting'
  | 'isolation';

export type DropReason = 'cancelled' | 'failed' | 'foreign-manifest';

/** A step on the way to a model's first item. `boot` is the start of the worker, before its first model. */
export type ModelPhase = 'boot' | Exclude<UnablePhase, 'version'>;

/** Why a slot's model is loaded again in a fresh process. */
export type RebuildReason = 'broken' | 'crashed' | 'protocol' | 'timeout' | 'memory';

export type WorkerEvent = EventBase &
  (
    | {
        readonly code: 'worker-started';
        readonly instanceType: string;
        readonly zone: string;
        readonly slots: number;
        readonly bootMs: number;
      }
    | {
        readonly code: 'worker-ended';
        readonly reason: 'ticket' | 'interruption' | 'idle' | 'life' | 'stopped' | 'unable' | 'outdated' | 'cut-off';
        /** Batches that it could not hand back any more: other workers get them when their leases run out. */
        readonly held: number;
      }
    /** The instance has done a step that gets a model ready. `model-ready` reports the phase `load`. */
    | {
        readonly code: 'model-phase';
        readonly model: string;
        readonly phase: Exclude<ModelPhase, 'load'>;
        readonly ms: number;
        /** The bytes that were fetched or installed. */
        readonly bytes?: number;
      }
    | { readonly code: 'model-ready'; readonly model: string; readonly loadMs: number }
    /** The model is not ready after 20 s. The message has its output so far, and what the worker waits for. */
    | { readonly code: 'model-slow'; readonly model: string }
    | { readonly code: 'model-log'; readonly stream: 'model' | 'setup' }
    /** The model itself reports something, such as a smaller batch size after it ran out of memory. */
    | { readonly code: 'model-event' }
    | {
        readonly code: 'batch-committed';
        readonly ok: number;
        readonly failed: number;
        readonly resumed: number;
        /** How often its message was received, this lease included; older workers do not report it. */
        readonly receives?: number;
        readonly computeMs: number;
        readonly heldMs: number;
        /** The most resident memory of the slot so far. Absent when nobody has looked yet, and from older workers. */
        readonly slotMemoryBytes?: number;
        /** Why its items failed: the first codes. Absent when none failed. */
        readonly errors?: readonly ErrorExample[];
      }
    /**
     * The outcome existed already: `items` were computed for nothing (0 when it was seen before computing). Here and below, `computeMs` is the time since
     * the model began with the batch; it is absent when the model did not begin, or the worker is older.
     */
    | { readonly code: 'batch-duplicate'; readonly items: number; readonly computeMs?: number }
    | {
        readonly code: 'batch-handed-back';
        readonly reason: HandBackReason;
        readonly savedItems: number;
        readonly computeMs?: number;
      }
    | { readonly code: 'batch-dropped'; readonly reason: DropReason }
    | { readonly code: 'message-discarded' }
    | { readonly code: 'lease-lost'; readonly items: number; readonly computeMs?: number }
    | { readonly code: 'attempt'; readonly attempts: number; readonly maxAttempts: number }
    /** Older workers report no errors here. */
    | { readonly code: 'batch-given-up'; readonly attempts: number; readonly errors?: readonly ErrorExample[] }
    /** Workers died while this batch was in their slots; so many of them are marked (R4). */
    | { readonly code: 'losses-seen'; readonly losses: number }
    /** This worker computes the batch alone, because too many workers died with it. */
    | { readonly code: 'batch-isolated'; readonly losses: number }
    /** The worker died each time that it had the item alone. */
    | { readonly code: 'item-given-up'; readonly index: number; readonly losses: number }
    | { readonly code: 'slot-rebuilt'; readonly reason: RebuildReason }
    /** How the job's model is run on this instance from here on, and why. */
    | {
        readonly code: 'slot-shape';
        readonly slots: number;
        readonly concurrency: number;
        readonly settled: boolean;
      }
    /** The slots that the user chose do not fit the model. */
    | { readonly code: 'slot-hint' }
    | { readonly code: 'unable'; readonly phase: Exclude<UnablePhase, 'version'> }
    /** A job needs a newer worker than this one. */
    | { readonly code: 'outdated'; readonly version: string; readonly needs: string }
    | { readonly code: 'notice'; readonly kind: NoticeKind; readonly takesAt?: string }
    | { readonly code: 'trouble'; readonly doing: string }
  );

export type WorkerEventCode = WorkerEvent['code'];

/** The type distributes over the union, so that each code keeps its own fields. */
export type NewWorkerEvent = WorkerEvent extends infer Event
  ? Event extends WorkerEvent
    ? Omit<Event, 'at' | 'instance'>
    : never
  : never;

/** A worker holds 16 Mi characters of events before it drops some (worker/events/event-log.ts): in UTF-8 three times as many bytes. */
export const MOST_EVENTS_BYTES = 64 * 1024 * 1024;

/** A worker cuts its messages at half of that. */
const MESSAGE_CHARACTERS = 16 * 1024;
const NAME_CHARACTERS = 1_024;

export type EventOf<Code extends WorkerEventCode> = Extract<WorkerEvent, { readonly code: Code }>;

const base: Fields<EventBase> = {
  at: time,
  instance: instanceId,
  message: linesOfWords(MESSAGE_CHARACTERS),
  job: optional(jobId),
  batch: optional(count),
  // An instance's id and a random text.
  lease: optional(text(256, /^[\w.-]+$/)),
};

export const noticeKind: Shape<NoticeKind> = oneOf<NoticeKind>({ interruption: true, rebalance: true });

/** The time was measured, so it may have a fraction. */
export const milliseconds = number(0, Number.MAX_SAFE_INTEGER);
const computeMs = optional(milliseconds);
/** A batch whose items fail for more reasons has a model that makes a code of every message. */
export const MOST_ERRORS_OF_BATCH = 20;
const errors = optional(errorExamples(MOST_ERRORS_OF_BATCH));

export const WORKER_END_REASONS: Readonly<Record<EventOf<'worker-ended'>['reason'], true>> = {
  ticket: true,
  interruption: true,
  idle: true,
  life: true,
  stopped: true,
  unable: true,
  outdated: true,
  'cut-off': true,
};
export const HAND_BACK_REASONS: Readonly<Record<HandBackReason, true>> = {
  interruption: true,
  draining: true,
  'twelve-hours': true,
  unable: true,
  attempt: true,
  'worker-failed': true,
  outdated: true,
  waiting: true,
  isolation: true,
};
export const REBUILD_REASONS: Readonly<Record<RebuildReason, true>> = {
  broken: true,
  crashed: true,
  protocol: true,
  timeout: true,
  memory: true,
};
const name = words(NAME_CHARACTERS);
const MOST_SLOTS = 100_000;

/** The fields that each event has besides those of all events. */
const own: { readonly [Code in WorkerEventCode]: Fields<Omit<EventOf<Code>, keyof EventBase | 'code'>> } = {
  'worker-started': {
    instanceType: name,
    zone: name,
    slots: integer(0, MOST_SLOTS),
    bootMs: milliseconds,
  },
  'worker-ended': {
    reason: oneOf(WORKER_END_REASONS),
    held: count,
  },
  'model-phase': {
    model: name,
    phase: oneOf<EventOf<'model-phase'>['phase']>({
      boot: true,
      fetch: true,
      environment: true,
      weights: true,
      setup: true,
    }),
    ms: milliseconds,
    bytes: optional(count),
  },
  'model-ready': { model: name, loadMs: milliseconds },
  'model-slow': { model: name },
  'model-event': {},
  'model-log': { stream: oneOf<EventOf<'model-log'>['stream']>({ model: true, setup: true }) },
  'batch-committed': {
    ok: count,
    failed: count,
    resumed: count,
    receives: optional(count),
    computeMs: milliseconds,
    heldMs: milliseconds,
    slotMemoryBytes: optional(count),
    errors,
  },
  'batch-duplicate': { items: count, computeMs },
  'batch-handed-back': {
    reason: oneOf(HAND_BACK_REASONS),
    savedItems: count,
    computeMs,
  },
  'batch-dropped': { reason: oneOf<DropReason>({ cancelled: true, failed: true, 'foreign-manifest': true }) },
  'message-discarded': {},
  'lease-lost': { items: count, computeMs },
  attempt: { attempts: count, maxAttempts: count },
  'batch-given-up': { attempts: count, errors },
  'losses-seen': { losses: count },
  'batch-isolated': { losses: count },
  'item-given-up': { index: count, losses: count },
  'slot-rebuilt': {
    reason: oneOf(REBUILD_REASONS),
  },
  'slot-shape': { slots: integer(0, MOST_SLOTS), concurrency: integer(0, MOST_SLOTS), settled: flag },
  'slot-hint': {},
  unable: {
    phase: oneOf<EventOf<'unable'>['phase']>({
      fetch: true,
      environment: true,
      weights: true,
      setup: true,
      load: true,
    }),
  },
  outdated: { version: name, needs: name },
  notice: { kind: noticeKind, takesAt: optional(time) },
  trouble: { doing: name },
};

const baseShape = object<EventBase>(base);
const ownShapes: ReadonlyMap<string, Shape<object>> = new Map(
  Object.entries<Fields<object>>(own).map(([code, fields]) => [code, object(fields)]),
);

/**
 * Returns this instance's own event, or undefined: no instance can report for another one. A newer worker may use a code that is not known here;
 * then the event keeps only the fields that all events have, so that `logs` shows it.
 */
export function decodeWorkerEvent(line: string, instance: string): WorkerEvent | undefined {
  const value = parseJson(line);
  const common = check(baseShape, value);
  if (common?.instance !== instance) return undefined;
  const { code } = value as { readonly code?: unknown };
  if (!isCode(code)) return undefined;
  const shape = ownShapes.get(code);
  if (shape === undefined) return { ...common, code } as WorkerEvent;
  const rest = check(shape, value);
  // Both parts come from one value, and its code chose the fields of the second one.
  return rest === undefined ? undefined : ({ ...common, ...rest, code } as WorkerEvent);
}
